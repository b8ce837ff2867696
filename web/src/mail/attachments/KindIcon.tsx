import { CalendarRegular } from "@fluentui/react-icons/svg/calendar"
import { DocumentRegular } from "@fluentui/react-icons/svg/document"
import { DocumentPdfRegular } from "@fluentui/react-icons/svg/document-pdf"
import { DocumentTextRegular } from "@fluentui/react-icons/svg/document-text"
import { FolderZipRegular } from "@fluentui/react-icons/svg/folder-zip"
import { GlobeRegular } from "@fluentui/react-icons/svg/globe"
import { ImageRegular } from "@fluentui/react-icons/svg/image"
import { MailRegular } from "@fluentui/react-icons/svg/mail"
import { SlideTextRegular } from "@fluentui/react-icons/svg/slide-text"
import { Speaker0Regular } from "@fluentui/react-icons/svg/speaker"
import { TableRegular } from "@fluentui/react-icons/svg/table"
import { VideoRegular } from "@fluentui/react-icons/svg/video"
import { WarningRegular } from "@fluentui/react-icons/svg/warning"
import type { AttachmentKind } from "./attachmentKind.ts"

const icons = {
  picture: ImageRegular,
  text: DocumentTextRegular,
  pdf: DocumentPdfRegular,
  document: DocumentTextRegular,
  table: TableRegular,
  slides: SlideTextRegular,
  archive: FolderZipRegular,
  sound: Speaker0Regular,
  film: VideoRegular,
  appointment: CalendarRegular,
  message: MailRegular,
  page: GlobeRegular,
  program: WarningRegular,
  file: DocumentRegular
} as const satisfies Record<AttachmentKind, unknown>

export const KindIcon = ({ kind }: { readonly kind: AttachmentKind }) => {
  const Icon = icons[kind]
  return <Icon className="attachments__icon" aria-hidden="true" />
}
