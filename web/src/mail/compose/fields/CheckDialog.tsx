import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle
} from "@fluentui/react-components"
import { useWords } from "../../../i18n/WordsProvider.tsx"
import type { Doubt } from "../words/doubts.ts"

interface Props {
  readonly doubts: ReadonlyArray<Doubt>
  readonly onSend: () => void
  readonly onCancel: () => void
}

/** What one may have forgotten, before it is sent. */
export const CheckDialog = ({ doubts, onSend, onCancel }: Props) => {
  const words = useWords()
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && onCancel()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{words.say("compose.check.title")}</DialogTitle>
          <DialogContent>
            <ul>
              {doubts.map((doubt) => (
                <li key={doubt}>{words.say(`compose.check.${doubt}`)}</li>
              ))}
            </ul>
          </DialogContent>
          <DialogActions>
            <Button onClick={onCancel}>{words.say("compose.check.back")}</Button>
            <Button appearance="primary" onClick={onSend}>
              {words.say("compose.check.anyway")}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  )
}
