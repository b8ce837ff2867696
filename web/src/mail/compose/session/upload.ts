import type { Refusal, Uploaded } from "../../../../../src/protocols/owa/OwaAnswers.ts"

const path = "/owa/uploads"

export type UploadOutcome = Uploaded | Refusal | null

/** Null = the connection was lost, or it was called off. `fetch` does not say how far it has come. */
export const upload = (
  file: Blob,
  { progress, signal }: { readonly progress: (share: number) => void; readonly signal: AbortSignal }
): Promise<UploadOutcome> =>
  new Promise((resolve) => {
    const request = new XMLHttpRequest()
    request.open("POST", path)
    request.responseType = "json"
    request.setRequestHeader("content-type", file.type === "" ? "application/octet-stream" : file.type)
    request.upload.onprogress = ({ loaded, total }) => progress(total > 0 ? loaded / total : 0)
    request.onload = () => resolve(answerOf(request.status, request.response))
    request.onerror = () => resolve(null)
    request.onabort = () => resolve(null)
    signal.addEventListener("abort", () => request.abort())
    request.send(file)
  })

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null

const isUploaded = (value: unknown): value is Uploaded =>
  isObject(value) && typeof value["uploadId"] === "string"

const isRefusal = (value: unknown): value is Refusal => isObject(value) && typeof value["reason"] === "string"

/** Between us and the server there may be others, who answer as they like. */
const answerOf = (status: number, response: unknown): UploadOutcome => {
  if (isUploaded(response)) return response
  if (isRefusal(response)) return { ...response, _tag: "Refused" }
  if (status === 413) return { _tag: "Refused", reason: "limit", what: "attachmentSize", isTemporary: false }
  return null
}
