import type { Part } from "../../../domain/Content.ts"

const opaque = new Set(["application/pkcs7-mime", "application/x-pkcs7-mime"])
const signatures = new Set(["application/pkcs7-signature", "application/x-pkcs7-signature"])

/** `MessageClass` by the structure alone (MS-ASEMAIL 2.2.2.49). */
export const messageClassOf = ([root, ...inner]: ReadonlyArray<Part>): string => {
  if (root === undefined) return "IPM.Note"
  if (opaque.has(root.type)) {
    return root.parameters["smime-type"]?.toLowerCase() === "signed-receipt"
      ? "IPM.Note.Receipt.SMIME"
      : "IPM.Note.SMIME"
  }
  if (root.type === "multipart/signed" && inner.some(({ type }) => signatures.has(type)))
    return "IPM.Note.SMIME.MultipartSigned"
  return root.type === "multipart/report" ? reportClass(root) : "IPM.Note"
}

const reportClass = ({ parameters }: Part): string => {
  switch (parameters["report-type"]?.toLowerCase()) {
    case "delivery-status":
      return "REPORT.IPM.Note.NDR"
    case "disposition-notification":
      return "REPORT.IPM.Note.IPNRN"
    default:
      return "IPM.Note"
  }
}

/** Mail that must reach the device as its sender signed or encrypted it (MIMESupport 1). */
export const isSmime = (parts: ReadonlyArray<Part>): boolean => messageClassOf(parts).includes(".SMIME")
