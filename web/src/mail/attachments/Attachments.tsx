import { Button } from "@fluentui/react-components"
import { ArrowDownloadRegular } from "@fluentui/react-icons/svg/arrow-download"
import { useId, useState } from "react"
import { safeFileName } from "../../../../src/domain/fileName.ts"
import type { AttachmentRow, OpenMessage } from "../../../../src/protocols/owa/OwaAnswers.ts"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { partAddress, zipAddress } from "./addresses.ts"
import { attachmentKind, preview } from "./attachmentKind.ts"
import { KindIcon } from "./KindIcon.tsx"
import { Preview } from "./Preview.tsx"
import { shownAttachments } from "./shownAttachments.ts"
import { sizeText } from "./sizeText.ts"
import "./attachments.css"

interface Props {
  readonly message: OpenMessage
  /** The text as it is shown; null where it is plain. What it shows is not listed. */
  readonly html: string | null
}

/** The files that came with a message; nothing where there are none. */
export const Attachments = ({ message, html }: Props) => {
  const words = useWords()
  const heading = useId()
  const [looking, setLooking] = useState<AttachmentRow>()
  const files = shownAttachments(message, html)
  if (files.length === 0) return null
  const { id } = message.message
  const size = sizeText(
    words.language,
    files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  )
  return (
    <section className="attachments" aria-labelledby={heading}>
      <header className="attachments__head">
        <p id={heading} className="attachments__heading">
          {words.say("attachments.count", { count: files.length })}
        </p>
        {files.length > 1 && (
          <Button
            as="a"
            size="small"
            appearance="subtle"
            icon={<ArrowDownloadRegular />}
            download
            href={zipAddress(
              id,
              files.map(({ path }) => path)
            )}
          >
            {words.say("attachments.all", { size })}
          </Button>
        )}
      </header>
      <ul className="attachments__list">
        {files.map((file) => (
          <File key={file.path} file={file} message={message} onLook={() => setLooking(file)} />
        ))}
      </ul>
      {looking !== undefined && (
        <Preview
          file={looking}
          name={nameOf(looking) || words.say("attachments.unnamed")}
          messageId={id}
          onClose={() => setLooking(undefined)}
        />
      )}
    </section>
  )
}

interface FileProps {
  readonly file: AttachmentRow
  readonly message: OpenMessage
  readonly onLook: () => void
}

const File = ({ file, message, onLook }: FileProps) => {
  const words = useWords()
  const kind = attachmentKind(file)
  const name = nameOf(file) || words.say("attachments.unnamed")
  const address = partAddress(message.message.id, file.path)
  const label = (
    <>
      <KindIcon kind={kind} />
      <span className="attachments__text">
        <bdi className="attachments__name">{name}</bdi>
        <span className="attachments__size">
          {words.say(`attachments.kind.${kind}`)} · {sizeText(words.language, file.sizeBytes)}
        </span>
      </span>
    </>
  )
  return (
    <li className="attachments__file" data-kind={kind}>
      {preview(file) === null ? (
        <a className="attachments__open" href={address} download>
          {label}
        </a>
      ) : (
        <button type="button" className="attachments__open" aria-haspopup="dialog" onClick={onLook}>
          {label}
        </button>
      )}
      <Button
        as="a"
        appearance="subtle"
        icon={<ArrowDownloadRegular />}
        href={address}
        download
        aria-label={words.say("attachments.download", { name })}
      />
    </li>
  )
}

/** As it would be saved: what is seen is what one gets. */
const nameOf = ({ name }: AttachmentRow): string => safeFileName(name)
