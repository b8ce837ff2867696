import { Field, Radio, RadioGroup, Select } from "@fluentui/react-components"

interface Props<A extends string> {
  readonly label: string
  readonly value: A
  readonly options: ReadonlyArray<readonly [value: A, text: string]>
  readonly onChoose: (value: A) => void
}

const chosen = <A extends string>(options: Props<A>["options"], text: string): A | undefined =>
  options.find(([value]) => value === text)?.[0]

/** One of a few. */
export const Choice = <A extends string>({ label, value, options, onChoose }: Props<A>) => (
  <Field label={label}>
    <RadioGroup
      value={value}
      onChange={(_event, data) => {
        const found = chosen(options, data.value)
        if (found !== undefined) onChoose(found)
      }}
    >
      {options.map(([one, text]) => (
        <Radio key={one} value={one} label={text} />
      ))}
    </RadioGroup>
  </Field>
)

/** One of many. */
export const Pick = <A extends string>({ label, value, options, onChoose }: Props<A>) => (
  <Field label={label} className="settings__pick">
    <Select
      value={value}
      onChange={(_event, data) => {
        const found = chosen(options, data.value)
        if (found !== undefined) onChoose(found)
      }}
    >
      {options.map(([one, text]) => (
        <option key={one} value={one}>
          {text}
        </option>
      ))}
    </Select>
  </Field>
)
