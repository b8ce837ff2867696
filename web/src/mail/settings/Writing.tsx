import { Button, Field, Input, Textarea } from "@fluentui/react-components"
import { AddRegular } from "@fluentui/react-icons/svg/add"
import { DeleteRegular } from "@fluentui/react-icons/svg/delete"
import { useState } from "react"
import type { Signature } from "../../../../src/domain/Preferences.ts"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { change, usePreferences } from "../preferences.ts"
import { Pick } from "./Choice.tsx"
import { signatureHtml, signatureText } from "./signatureText.ts"

const put = (next: Signature): void =>
  change(({ signatures }) => ({ signatures: signatures.map((one) => (one.id === next.id ? next : one)) }))

/** Where it stood, there is none any more. */
const remove = (id: string): void =>
  change(({ signatures, signatureOfNew, signatureOfAnswers }) => ({
    signatures: signatures.filter((one) => one.id !== id),
    signatureOfNew: signatureOfNew === id ? null : signatureOfNew,
    signatureOfAnswers: signatureOfAnswers === id ? null : signatureOfAnswers
  }))

export const Writing = () => {
  const words = useWords()
  const { signatures, signatureOfNew, signatureOfAnswers } = usePreferences()
  const offered = [
    ["", words.say("settings.signature.nothing")] as const,
    ...signatures.map(({ id, name }) => [id, name] as const)
  ]
  const add = () => {
    const id = crypto.randomUUID()
    const name = words.say("settings.signature.unnamed", { number: signatures.length + 1 })
    change((now) => ({ signatures: [...now.signatures, { id, name, html: "" }] }))
  }
  const known = (id: string | null) => (signatures.some((one) => one.id === id) ? (id ?? "") : "")
  return (
    <>
      <h2>{words.say("settings.signatures")}</h2>
      {signatures.length === 0 && <p>{words.say("settings.signatures.none")}</p>}
      {signatures.map((signature) => (
        <OneSignature key={signature.id} signature={signature} />
      ))}
      <div>
        <Button icon={<AddRegular />} onClick={add}>
          {words.say("settings.signature.add")}
        </Button>
      </div>
      {signatures.length > 0 && (
        <>
          <Pick
            label={words.say("settings.signature.ofNew")}
            value={known(signatureOfNew)}
            options={offered}
            onChoose={(id) => change({ signatureOfNew: id === "" ? null : id })}
          />
          <Pick
            label={words.say("settings.signature.ofAnswers")}
            value={known(signatureOfAnswers)}
            options={offered}
            onChoose={(id) => change({ signatureOfAnswers: id === "" ? null : id })}
          />
        </>
      )}
    </>
  )
}

/** Kept when it is left: what is being typed is nobody's preference yet. */
const OneSignature = ({ signature }: { readonly signature: Signature }) => {
  const words = useWords()
  const [name, setName] = useState(signature.name)
  const [text, setText] = useState(() => signatureText(signature.html))
  const keep = () => {
    const next = { ...signature, name: name.trim() === "" ? signature.name : name.trim() }
    const isTyped = text !== signatureText(signature.html)
    if (isTyped || next.name !== signature.name) put(isTyped ? { ...next, html: signatureHtml(text) } : next)
  }
  return (
    <fieldset className="settings__card">
      <legend className="only-spoken">{signature.name}</legend>
      <Field label={words.say("settings.signature.name")}>
        <Input value={name} maxLength={100} onChange={(_event, { value }) => setName(value)} onBlur={keep} />
      </Field>
      <Field label={words.say("settings.signature.text")}>
        <Textarea
          value={text}
          rows={5}
          maxLength={4_000}
          resize="vertical"
          onChange={(_event, { value }) => setText(value)}
          onBlur={keep}
        />
      </Field>
      <div>
        <Button size="small" icon={<DeleteRegular />} onClick={() => remove(signature.id)}>
          {words.say("settings.signature.remove", { name: signature.name })}
        </Button>
      </div>
    </fieldset>
  )
}
