import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Spinner
} from "@fluentui/react-components"
import { ArrowDownloadRegular } from "@fluentui/react-icons/svg/arrow-download"
import { useEffect, useState } from "react"
import type { MessageId } from "../../../../src/domain/ids.ts"
import type { AttachmentRow } from "../../../../src/protocols/owa/OwaAnswers.ts"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { partAddress, previewAddress } from "./addresses.ts"
import { preview } from "./attachmentKind.ts"
import { type FileText, readText } from "./readText.ts"

interface Props {
  readonly file: AttachmentRow
  readonly name: string
  readonly messageId: MessageId
  readonly onClose: () => void
}

/** A picture or a text, looked at over the page. */
export const Preview = ({ file, name, messageId, onClose }: Props) => {
  const words = useWords()
  const [isBroken, setBroken] = useState(false)
  const address = previewAddress(messageId, file.path)
  return (
    <Dialog open onOpenChange={(_event, { open }) => open || onClose()}>
      <DialogSurface className="attachments__preview">
        <DialogBody>
          <DialogTitle>
            <bdi className="attachments__title">{name}</bdi>
          </DialogTitle>
          <DialogContent>
            {isBroken ? (
              <p role="alert">{words.say("attachments.cannotShow")}</p>
            ) : preview(file) === "text" ? (
              <TextPreview address={address} name={name} onBroken={() => setBroken(true)} />
            ) : (
              <img
                className="attachments__picture"
                src={address}
                alt={name}
                onError={() => setBroken(true)}
              />
            )}
          </DialogContent>
          <DialogActions>
            <Button as="a" icon={<ArrowDownloadRegular />} href={partAddress(messageId, file.path)} download>
              {words.say("attachments.save")}
            </Button>
            <Button appearance="primary" onClick={onClose}>
              {words.say("attachments.close")}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  )
}

interface TextProps {
  readonly address: string
  readonly name: string
  readonly onBroken: () => void
}

const TextPreview = ({ address, name, onBroken }: TextProps) => {
  const words = useWords()
  const [shown, setShown] = useState<FileText>()
  // biome-ignore lint/correctness/useExhaustiveDependencies: read once for each file
  useEffect(() => {
    const leaving = new AbortController()
    readText(address, leaving.signal).then(setShown, () => leaving.signal.aborted || onBroken())
    return () => leaving.abort()
  }, [address])
  if (shown === undefined) return <Spinner size="tiny" label={words.say("shell.loading")} />
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and keys must be able to scroll it */}
      <section className="attachments__plain" tabIndex={0} aria-label={name} dir="auto">
        {shown.text}
      </section>
      {shown.isCut && <p>{words.say("attachments.cut")}</p>}
    </>
  )
}
