import { Button, Field, Input, MessageBar, MessageBarBody } from "@fluentui/react-components"
import { type FormEvent, useId, useState } from "react"
import { useWords } from "../i18n/WordsProvider.tsx"
import { makeClients } from "../rpc/clients.ts"
import { explain } from "../rpc/problem.ts"
import { signIn, useSessionEnded } from "./token.ts"
import "./signIn.css"

/** Asks for a token, tries it, and keeps one that works. */
export const SignIn = () => {
  const words = useWords()
  const hasEnded = useSessionEnded()
  const [secret, setSecret] = useState("")
  const [problem, setProblem] = useState<string>()
  const [isChecking, setIsChecking] = useState(false)
  const title = useId()

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const token = secret.trim()
    if (token === "") return setProblem(words.say("signIn.missing"))
    setIsChecking(true)
    setProblem(undefined)
    try {
      await makeClients(token).queue.listQueues({})
      signIn(token)
    } catch (error) {
      setProblem(explain(error, words))
      setIsChecking(false)
    }
  }

  return (
    <main className="sign-in" id="content">
      <form className="sign-in__card" aria-labelledby={title} onSubmit={(event) => void submit(event)}>
        <img className="sign-in__mark" src="/favicon.svg" alt="" width={40} height={40} />
        <h1 className="sign-in__title" id={title}>
          {words.say("signIn.title")}
        </h1>
        {hasEnded && problem === undefined && (
          <MessageBar intent="warning">
            <MessageBarBody>{words.say("signIn.ended")}</MessageBarBody>
          </MessageBar>
        )}
        {!window.isSecureContext && (
          <MessageBar intent="warning" layout="multiline">
            <MessageBarBody>{words.say("signIn.plain")}</MessageBarBody>
          </MessageBar>
        )}
        <p className="sign-in__explain">{words.say("signIn.explain")}</p>
        <Field
          label={words.say("signIn.token")}
          hint={words.say("signIn.kept")}
          validationState={problem === undefined ? "none" : "error"}
          validationMessage={problem ?? null}
        >
          <Input
            type="password"
            autoComplete="off"
            spellCheck={false}
            value={secret}
            onChange={(_event, { value }) => setSecret(value)}
          />
        </Field>
        <Button type="submit" appearance="primary" size="large" disabledFocusable={isChecking}>
          {words.say(isChecking ? "signIn.checking" : "signIn.submit")}
        </Button>
      </form>
    </main>
  )
}
