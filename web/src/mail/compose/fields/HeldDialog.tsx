import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle
} from "@fluentui/react-components"
import { useEffect, useState } from "react"
import type { HeldSend } from "../../../../../src/protocols/owa/OwaAnswers.ts"
import { useWords } from "../../../i18n/WordsProvider.tsx"
import { openCompose } from "../composes.ts"
import { newId } from "../newId.ts"
import type { Server } from "../session/Server.ts"

interface Props {
  readonly server: Server
  readonly onClose: () => void
}

/** What waits to be sent: each can be taken back and is a draft again. */
export const HeldDialog = ({ server, onClose }: Props) => {
  const words = useWords()
  const [sends, setSends] = useState<ReadonlyArray<HeldSend>>()
  const [problem, setProblem] = useState("")
  useEffect(() => {
    void server.ask("HeldSends", undefined).then((outcome) => {
      setSends(outcome._tag === "Answered" ? outcome.value.sends : [])
      if (outcome._tag !== "Answered") setProblem(words.say("compose.held.failed"))
    })
  }, [server, words])
  const takeBack = async ({ sendId }: HeldSend) => {
    const outcome = await server.ask("CancelSend", { operationId: newId(), sendId })
    if (outcome._tag === "Answered") {
      onClose()
      openCompose({ kind: "draft", messageId: outcome.value.messageId })
    } else
      setProblem(
        words.say(
          outcome._tag === "Refused" && outcome.reason === "tooLate"
            ? "compose.sent.tooLate"
            : "compose.sent.undoFailed"
        )
      )
  }
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && onClose()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{words.say("compose.held")}</DialogTitle>
          <DialogContent>
            {sends?.length === 0 && problem === "" && <p>{words.say("compose.held.none")}</p>}
            <ul className="compose__held">
              {sends?.map((send) => (
                <li key={send.sendId}>
                  <span>
                    <strong>{send.subject.trim() || words.say("compose.new")}</strong>
                    <br />
                    {send.to.map(({ name, address }) => name || address).join(", ")} ·{" "}
                    {words.dateAndTime(send.sendAt)}
                  </span>
                  <Button size="small" onClick={() => void takeBack(send)}>
                    {words.say("compose.held.back")}
                  </Button>
                </li>
              ))}
            </ul>
            <p role="alert">{problem}</p>
          </DialogContent>
          <DialogActions>
            <Button onClick={onClose}>{words.say("shell.close")}</Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  )
}
