import type { FolderRow } from "../../../../src/protocols/owa/OwaAnswers.ts"
import type { Words } from "../../i18n/makeWords.ts"

/** The folders that everybody has are called in the reader's language, others as they were named. */
export const folderName = (words: Words, { role, name }: Pick<FolderRow, "role" | "name">): string =>
  role === "user" ? name : words.say(`mail.folder.${role}`)
