/** A name unlike any other: of an operation, a compose window, a picture. Also where `crypto.randomUUID` is not (http). */
export const newId = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (octet) => octet.toString(16).padStart(2, "0")).join(
    ""
  )
