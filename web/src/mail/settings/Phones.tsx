import { Button } from "@fluentui/react-components"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { useMail } from "../MailContext.ts"
import type { MailStore } from "../store/MailStore.ts"
import type { Answer, Payload } from "../wire/calls.ts"
import { Waiting } from "./Asked.tsx"
import { Confirm } from "./Confirm.tsx"
import { useAsked } from "./useAsked.ts"

const asked = (mail: MailStore) => mail.ask("Devices", undefined)

type Device = Answer<"Devices">["devices"][number]

export const Phones = () => {
  const words = useWords()
  const { answer, outcome, again } = useAsked(asked)
  return (
    <>
      <p>{words.say("settings.phones.explain")}</p>
      {answer === undefined ? (
        <Waiting outcome={outcome} again={again} />
      ) : (
        <ul className="settings__rows">
          {answer.devices.map((device) => (
            <Phone key={device.deviceId} device={device} again={again} />
          ))}
        </ul>
      )}
      {answer?.devices.length === 0 && <p>{words.say("settings.phones.none")}</p>}
    </>
  )
}

const Phone = ({ device, again }: { readonly device: Device; readonly again: () => void }) => {
  const words = useWords()
  const mail = useMail()
  const { deviceId, name, model, system, lastSeenAt, access, wipe } = device
  const done = ({ _tag }: { readonly _tag: string }) => {
    again()
    return _tag === "Answered"
  }
  const wiping = (scope: Payload<"WipeDevice">["scope"]) => () =>
    mail.ask("WipeDevice", { deviceId, scope }).then(done)
  const isDue = wipe !== null && wipe.state !== "acknowledged"
  return (
    <li className="settings__row">
      <div className="settings__grow">
        <strong>{name}</strong>
        <div>{[model === name ? "" : model, system].filter((text) => text !== "").join(" · ")}</div>
        <div>{words.say("settings.phones.last", { time: words.dateAndTime(lastSeenAt) })}</div>
        {access !== "allowed" && <div>{words.say(`settings.phones.access.${access}`)}</div>}
        {wipe !== null && <div>{words.say(`settings.phones.wipe.${wipe.state}`)}</div>}
      </div>
      {isDue ? (
        <Button size="small" onClick={() => void mail.ask("CancelWipe", { deviceId }).then(done)}>
          {words.say("settings.phones.cancel")}
        </Button>
      ) : (
        <>
          <Confirm
            label={words.say("settings.phones.wipeAccount")}
            happens={words.say("settings.phones.wipeAccount.happens", { name })}
            run={wiping("account")}
          />
          <Confirm
            label={words.say("settings.phones.wipeDevice")}
            happens={words.say("settings.phones.wipeDevice.happens", { name })}
            run={wiping("device")}
          />
          <Confirm
            label={words.say("settings.phones.remove")}
            happens={words.say("settings.phones.remove.happens", { name })}
            run={() => mail.ask("RemoveDevice", { deviceId }).then(done)}
          />
        </>
      )}
    </li>
  )
}
