const base64 = (body: Buffer | string) => Buffer.from(body).toString("base64")

/** A part with its fields and octets. */
export const part = (fields: ReadonlyArray<string>, body: Buffer | string) =>
  [...fields, "Content-Transfer-Encoding: base64", "", base64(body)].join("\r\n")

/** A message of these parts. */
export const mixed = (parts: ReadonlyArray<string>, subject = "Report") =>
  Buffer.from(
    [
      "From: Ann <ann@example.org>",
      `Subject: ${subject}`,
      "MIME-Version: 1.0",
      "Content-Type: multipart/mixed; boundary=b",
      "",
      ...parts.flatMap((text) => ["--b", text]),
      "--b--",
      ""
    ].join("\r\n")
  )

/** Fields of a file. */
export const attached = (name: string, type: string) => [
  `Content-Type: ${type}`,
  `Content-Disposition: attachment; filename*=UTF-8''${encodeURIComponent(name)}`
]
