/** Our words for the values of an enum of the wire, both ways. */
export const words = <Word extends string, Value extends number>(values: Readonly<Record<Word, Value>>) => {
  const isWord = (name: string): name is Word => Object.hasOwn(values, name)
  const all = Object.keys(values).filter(isWord)
  return {
    toWire: (word: Word): Value => values[word],
    /** Undefined where there is no word for it. */
    fromWire: (value: number): Word | undefined => all.find((word) => values[word] === value)
  }
}
