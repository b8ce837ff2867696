import { ArchiveRegular } from "@fluentui/react-icons/svg/archive"
import { DeleteRegular } from "@fluentui/react-icons/svg/delete"
import { DraftsRegular } from "@fluentui/react-icons/svg/drafts"
import { FolderRegular } from "@fluentui/react-icons/svg/folder"
import { FolderProhibitedRegular } from "@fluentui/react-icons/svg/folder-prohibited"
import { MailInboxRegular } from "@fluentui/react-icons/svg/mail-inbox"
import { SendRegular } from "@fluentui/react-icons/svg/send"
import type { FolderRow } from "../../../../src/protocols/owa/OwaAnswers.ts"

export const roleIcons = {
  inbox: MailInboxRegular,
  drafts: DraftsRegular,
  sent: SendRegular,
  deleted: DeleteRegular,
  junk: FolderProhibitedRegular,
  archive: ArchiveRegular,
  outbox: SendRegular,
  user: FolderRegular
} as const satisfies Record<FolderRow["role"], unknown>
