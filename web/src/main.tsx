import { createDOMRenderer, RendererProvider } from "@fluentui/react-components"
import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { WordsProvider } from "./i18n/WordsProvider.tsx"
import { Shell } from "./shell/Shell.tsx"

/** Said by the server with every answer, to be worn by the style elements that the components make. */
const nonce = document.querySelector<HTMLMetaElement>("meta[property=csp-nonce]")?.nonce ?? ""
const renderer = createDOMRenderer(document, { styleElementAttributes: { nonce } })

const root = document.getElementById("root")
if (root === null) throw new Error("index.html has no #root")
createRoot(root).render(
  <StrictMode>
    <RendererProvider renderer={renderer} targetDocument={document}>
      <WordsProvider>
        <Shell />
      </WordsProvider>
    </RendererProvider>
  </StrictMode>
)
