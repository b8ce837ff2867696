import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle
} from "@fluentui/react-components"
import { Fragment } from "react"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { keyRules } from "./keys.ts"

/** All keys, and what they do. */
export const KeysHelp = ({ onClose }: { readonly onClose: () => void }) => {
  const words = useWords()
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && onClose()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{words.say("mail.keys")}</DialogTitle>
          <DialogContent>
            <dl className="mail__keys">
              {keyRules.map(({ deed, keys }) => (
                <Fragment key={deed}>
                  <dt>{words.say(`mail.do.${deed}`)}</dt>
                  <dd>
                    {keys.map((key) => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </dd>
                </Fragment>
              ))}
            </dl>
          </DialogContent>
          <DialogActions>
            <Button appearance="primary" onClick={onClose}>
              {words.say("shell.close")}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  )
}
