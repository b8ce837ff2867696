import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { Either } from "effect"
import type { CommandName, ProtocolVersion } from "../../../src/protocols/activesync/Command.ts"
import { commandOfName } from "../../../src/protocols/activesync/commandNames.ts"
import { decode } from "../../../src/protocols/activesync/wbxml/decode.ts"
import { encode } from "../../../src/protocols/activesync/wbxml/encode.ts"
import { fromXml } from "../../support/activesync/wbxml.ts"
import { type Form, writeForm } from "./form.ts"

const golden = fileURLToPath(new URL("../../golden/activesync/", import.meta.url))

const mail = [
  "From: alice@demo.test",
  "To: bob@demo.test",
  "Subject: Re: plans",
  "MIME-Version: 1.0",
  'Content-Type: multipart/mixed; boundary="b"',
  "",
  "--b",
  "Content-Type: text/html; charset=utf-8",
  "",
  "<p>Words</p>",
  "--b",
  'Content-Type: application/octet-stream; name="a.bin"',
  "Content-Transfer-Encoding: base64",
  "",
  "AAEC",
  "--b--",
  ""
].join("\r\n")
const mime = Buffer.from(mail).toString("base64")

const sync = (id: string, key: string, rest: string, whole = "") =>
  `<AirSync:Sync><Collections><Collection><SyncKey>{${key} key}</SyncKey><CollectionId>${id}</CollectionId>${rest}</Collection></Collections>${whole}</AirSync:Sync>`
const commandsOf = (content: string) => `<Commands>${content}</Commands>`
const options = (content: string) => `<Options>${content}</Options>`
const body = (type: number, rest = "") =>
  `<AirSyncBase:BodyPreference><Type>${type}</Type>${rest}</AirSyncBase:BodyPreference>`
const properties = (content: string) => `<ApplicationData>${content}</ApplicationData>`
const data = (type: number, text: string) =>
  `<AirSyncBase:Body><Type>${type}</Type><Data>${text}</Data></AirSyncBase:Body>`
const attachment =
  "<AirSyncBase:Attachments><Add><ClientId>x</ClientId><Method>1</Method><DisplayName>x.bin</DisplayName><Content>AAEC</Content></Add><Delete><FileReference>{attachment}</FileReference></Delete></AirSyncBase:Attachments>"
const flag =
  "<Email:Flag><Status>2</Status><FlagType>later</FlagType><Tasks:StartDate>2026-11-30T00:00:00.000Z</Tasks:StartDate><Tasks:UtcStartDate>2026-11-30T00:00:00.000Z</Tasks:UtcStartDate><Tasks:DueDate>2026-12-01T00:00:00.000Z</Tasks:DueDate><Tasks:UtcDueDate>2026-12-01T00:00:00.000Z</Tasks:UtcDueDate></Email:Flag>"
const change = (content: string) =>
  commandsOf(`<Change><ServerId>{message}</ServerId>${properties(content)}</Change>`)
const fetch = (content: string) =>
  `<ItemOperations:ItemOperations><Fetch><Store>Mailbox</Store>${content}</Fetch></ItemOperations:ItemOperations>`
const operation = (content: string) =>
  `<ItemOperations:ItemOperations>${content}</ItemOperations:ItemOperations>`
const search = (name: string, query: string, rest = "") =>
  `<Search:Search><Store><Name>${name}</Name><Query>${query}</Query>${rest === "" ? "" : options(rest)}</Store></Search:Search>`
const find = (criterion: string) =>
  `<Find:Find><SearchId>00000000-0000-4000-8000-000000000001</SearchId><ExecuteSearch>${criterion}</ExecuteSearch></Find:Find>`
const settings = (content: string) => `<Settings:Settings>${content}</Settings:Settings>`
const smart = (command: "SmartReply" | "SmartForward", source: string, rest: string) =>
  `<ComposeMail:${command}><ClientId>s</ClientId><Source>${source}</Source><SaveInSentItems/>${rest}</ComposeMail:${command}>`
const item = "<FolderId>1</FolderId><ItemId>{message}</ItemId>"
const folder = (command: string, rest: string) =>
  `<FolderHierarchy:${command}><SyncKey>{folders key}</SyncKey>${rest}</FolderHierarchy:${command}>`

/** Requests as phones write them, and each kind of what they may ask. */
const documents: ReadonlyArray<string> = [
  sync(
    "1",
    "inbox",
    `<DeletesAsMoves/><GetChanges/><WindowSize>5</WindowSize>${options(`<FilterType>5</FilterType><MIMESupport>2</MIMESupport><MIMETruncation>4</MIMETruncation>${body(4)}${body(2, "<TruncationSize>500</TruncationSize><Preview>100</Preview>")}<Conflict>0</Conflict>`)}`
  ),
  sync(
    "1",
    "inbox",
    `<GetChanges>0</GetChanges>${change(`<Email:Read>1</Email:Read>${flag}<Email:Categories><Category>x</Category></Email:Categories>`)}`
  ),
  sync(
    "1",
    "inbox",
    commandsOf(
      "<Delete><ServerId>{message}</ServerId></Delete><Fetch><ServerId>{other message}</ServerId></Fetch>"
    )
  ),
  sync(
    "1",
    "inbox",
    `<DeletesAsMoves>0</DeletesAsMoves>${commandsOf("<Delete><ServerId>{message}</ServerId></Delete>")}`
  ),
  sync(
    "1",
    "inbox",
    options(
      `${body(1, "<AllOrNone>1</AllOrNone><TruncationSize>10</TruncationSize>")}<AirSyncBase:BodyPartPreference><Type>2</Type></AirSyncBase:BodyPartPreference><RightsManagement:RightsManagementSupport>1</RightsManagement:RightsManagementSupport>`
    )
  ),
  sync("1", "inbox", "<ConversationMode>1</ConversationMode>", "<HeartbeatInterval>60</HeartbeatInterval>"),
  sync("1", "inbox", "", "<Wait>1</Wait><WindowSize>10</WindowSize>"),
  "<AirSync:Sync><HeartbeatInterval>60</HeartbeatInterval><Partial/></AirSync:Sync>",
  "<AirSync:Sync><Collections><Collection><SyncKey>0</SyncKey><CollectionId>3</CollectionId><Supported/></Collection><Collection><SyncKey>0</SyncKey><CollectionId>calendar</CollectionId></Collection></Collections></AirSync:Sync>",
  sync(
    "2",
    "drafts",
    commandsOf(
      `<Add><ClientId>a</ClientId>${properties(`<Email:To>bob@demo.test</Email:To><Email:Subject>x</Email:Subject><Email:Importance>2</Email:Importance>${data(1, "Words")}${attachment}`)}</Add>`
    )
  ),
  sync(
    "2",
    "drafts",
    commandsOf(
      `<Add><ClientId>b</ClientId>${properties(`<Email:To>bob@demo.test</Email:To>${data(2, "&lt;p&gt;x")}`)}<Email2:Send/></Add>`
    )
  ),
  sync(
    "2",
    "drafts",
    commandsOf(
      `<Add><ClientId>c</ClientId>${properties(data(4, mail.replaceAll("<", "&lt;")))}</Add><Add><ClientId>d</ClientId>${properties(data(4, "Subject: Re: x\n\ny"))}</Add>`
    )
  ),
  sync(
    "2",
    "drafts",
    commandsOf(
      `<Change><ServerId>{draft}</ServerId>${properties(`<Email:Subject>y</Email:Subject><Email2:Bcc>bob@demo.test</Email2:Bcc>${attachment}`)}</Change>`
    )
  ),
  sync(
    "2",
    "drafts",
    commandsOf(
      `<Change><ServerId>{draft}</ServerId>${properties("<Email:To>bob@demo.test</Email:To>")}<Email2:Send/></Change>`
    )
  ),
  sync("4", "deleted", commandsOf("<Delete><ServerId>{deleted}</ServerId></Delete>")),
  "<FolderHierarchy:FolderSync><SyncKey>0</SyncKey></FolderHierarchy:FolderSync>",
  folder("FolderSync", ""),
  folder("FolderCreate", "<ParentId>0</ParentId><DisplayName>made</DisplayName><Type>12</Type>"),
  folder("FolderCreate", "<ParentId>1</ParentId><DisplayName>inner</DisplayName><Type>1</Type>"),
  folder("FolderUpdate", "<ServerId>7</ServerId><ParentId>0</ParentId><DisplayName>other</DisplayName>"),
  folder("FolderDelete", "<ServerId>7</ServerId>"),
  "<Ping:Ping><HeartbeatInterval>60</HeartbeatInterval><Folders><Folder><Id>1</Id><Class>Email</Class></Folder><Folder><Id>calendar</Id><Class>Calendar</Class></Folder></Folders></Ping:Ping>",
  "<Ping:Ping/>",
  "<GetItemEstimate:GetItemEstimate><Collections><Collection><AirSync:SyncKey>{inbox key}</AirSync:SyncKey><CollectionId>1</CollectionId><AirSync:Options><FilterType>3</FilterType><Class>Email</Class></AirSync:Options></Collection></Collections></GetItemEstimate:GetItemEstimate>",
  "<GetItemEstimate:GetItemEstimate><Collections><Collection><Class>Email</Class><CollectionId>1</CollectionId><AirSync:FilterType>3</AirSync:FilterType><AirSync:SyncKey>{inbox key}</AirSync:SyncKey></Collection></Collections></GetItemEstimate:GetItemEstimate>",
  "<Move:MoveItems><Move><SrcMsgId>{message}</SrcMsgId><SrcFldId>1</SrcFldId><DstFldId>4</DstFldId></Move><Move><SrcMsgId>{other message}</SrcMsgId><SrcFldId>1</SrcFldId><DstFldId>1</DstFldId></Move></Move:MoveItems>",
  fetch(
    `<AirSync:CollectionId>1</AirSync:CollectionId><AirSync:ServerId>{message}</AirSync:ServerId>${options(`<AirSync:MIMESupport>2</AirSync:MIMESupport>${body(4)}`)}`
  ),
  fetch(
    `<Search:LongId>{long id}</Search:LongId>${options(`<Schema><Email:Subject/><AirSyncBase:Body/></Schema><Range>0-9</Range>${body(2)}`)}`
  ),
  fetch(
    "<AirSyncBase:FileReference>{attachment}</AirSyncBase:FileReference><Options><Range>1-5</Range></Options>"
  ),
  operation(
    "<EmptyFolderContents><AirSync:CollectionId>4</AirSync:CollectionId><Options><DeleteSubFolders/></Options></EmptyFolderContents>"
  ),
  operation(
    "<Move><ConversationId>{conversation}</ConversationId><DstFldId>4</DstFldId><Options><MoveAlways/></Options></Move>"
  ),
  search(
    "Mailbox",
    "<And><AirSync:Class>Email</AirSync:Class><AirSync:CollectionId>1</AirSync:CollectionId><FreeText>plans</FreeText><GreaterThan><Email:DateReceived/><Value>2020-01-01T00:00:00.000Z</Value></GreaterThan></And>",
    `<Range>0-9</Range><RebuildResults/><DeepTraversal/>${body(1)}`
  ),
  search("Mailbox", "<And><ConversationId>{conversation}</ConversationId></And>"),
  search(
    "GAL",
    "alice",
    "<Range>0-9</Range><Picture><MaxSize>100</MaxSize><MaxPictures>1</MaxPictures></Picture>"
  ),
  search("DocumentLibrary", "<EqualTo><DocumentLibrary:LinkId/><Value>x</Value></EqualTo>"),
  find(
    "<MailBoxSearchCriterion><Query><FreeText>subject:plans OR from:alice</FreeText><AirSync:Class>Email</AirSync:Class><AirSync:CollectionId>1</AirSync:CollectionId></Query><Options><Range>0-9</Range><DeepTraversal/></Options></MailBoxSearchCriterion>"
  ),
  find("<GalSearchCriterion><Query>alice</Query><Options><Range>0-9</Range></Options></GalSearchCriterion>"),
  settings(
    "<Oof><Get><BodyType>Text</BodyType></Get></Oof><UserInformation><Get/></UserInformation><RightsManagementInformation><Get/></RightsManagementInformation>"
  ),
  settings(
    "<Oof><Set><OofState>2</OofState><StartTime>2026-11-30T00:00:00.000Z</StartTime><EndTime>2026-12-30T00:00:00.000Z</EndTime><OofMessage><AppliesToInternal/><Enabled>1</Enabled><ReplyMessage>x</ReplyMessage><BodyType>HTML</BodyType></OofMessage></Set></Oof>"
  ),
  settings(
    "<DeviceInformation><Set><Model>m</Model><IMEI>1</IMEI><FriendlyName>f</FriendlyName><OS>o</OS><OSLanguage>l</OSLanguage><PhoneNumber>p</PhoneNumber><UserAgent>u</UserAgent><MobileOperator>m</MobileOperator></Set></DeviceInformation><DevicePassword><Set><Password>p</Password></Set></DevicePassword>"
  ),
  `<Provision:Provision><Settings:DeviceInformation><Set><Model>m</Model></Set></Settings:DeviceInformation><Policies><Policy><PolicyType>MS-EAS-Provisioning-WBXML</PolicyType></Policy></Policies></Provision:Provision>`,
  "<Provision:Provision><Policies><Policy><PolicyType>MS-EAS-Provisioning-WBXML</PolicyType><PolicyKey>{policy key}</PolicyKey><Status>1</Status></Policy></Policies></Provision:Provision>",
  "<Provision:Provision><RemoteWipe><Status>1</Status></RemoteWipe></Provision:Provision>",
  "<ResolveRecipients:ResolveRecipients><To>bob</To><To>bob@demo.test</To><Options><CertificateRetrieval>2</CertificateRetrieval><MaxCertificates>2</MaxCertificates><MaxAmbiguousRecipients>2</MaxAmbiguousRecipients><Availability><StartTime>2026-11-30T00:00:00.000Z</StartTime><EndTime>2026-12-01T00:00:00.000Z</EndTime></Availability><Picture/></Options></ResolveRecipients:ResolveRecipients>",
  "<ValidateCert:ValidateCert><Certificates><Certificate>MIIB</Certificate></Certificates><CheckCRL>1</CheckCRL></ValidateCert:ValidateCert>",
  "<MeetingResponse:MeetingResponse><Request><UserResponse>1</UserResponse><CollectionId>1</CollectionId><RequestId>{message}</RequestId><InstanceId>2026-11-30T12:00:00.000Z</InstanceId><SendResponse><ProposedStartTime>20261130T120000Z</ProposedStartTime></SendResponse></Request></MeetingResponse:MeetingResponse>",
  `<ComposeMail:SendMail><ClientId>m</ClientId><SaveInSentItems/><Mime>${mime}</Mime></ComposeMail:SendMail>`,
  smart("SmartReply", item, `<Mime>${mime}</Mime>`),
  smart("SmartReply", "<LongId>{long id}</LongId>", `<ReplaceMime/><Mime>${mime}</Mime>`),
  smart("SmartForward", `${item}<InstanceId>2026-11-30T12:00:00.000Z</InstanceId>`, `<Mime>${mime}</Mime>`),
  smart(
    "SmartForward",
    item,
    "<Forwardees><Forwardee><Email>bob@demo.test</Email><Name>Bob</Name></Forwardee></Forwardees>"
  )
]

const form = (command: CommandName, bytes: Uint8Array, rest: Partial<Form> = {}): Form => ({
  command,
  version: "16.1",
  multipart: false,
  names: "nothing",
  isMime: false,
  body: bytes,
  ...rest
})

const commandIn = (tag: string): CommandName | null => commandOfName(tag.slice(tag.indexOf(":") + 1))

/** Each document with the version that says most, and with one from before 14.0 or in between. */
const written: ReadonlyArray<Form> = documents.flatMap((xml, index) => {
  const document = fromXml(xml)
  const older: ReadonlyArray<ProtocolVersion> = ["12.1", "14.0", "14.1", "16.0"]
  const command = commandIn(document.tag)
  if (command === null) throw new Error(`no command: ${document.tag}`)
  return [
    form(command, encode(document), { multipart: command === "ItemOperations" && index % 2 === 0 }),
    form(command, encode(document), { version: older[index % older.length] ?? "14.1" })
  ]
})

/** Bodies that are no document, and none. */
const bare: ReadonlyArray<Form> = [
  form("Sync", Buffer.alloc(0)),
  form("Ping", Buffer.alloc(0), { version: "12.1" }),
  form("Provision", Buffer.alloc(0)),
  form("GetAttachment", Buffer.from("{attachment}"), { version: "12.1" }),
  form("SendMail", Buffer.from(mail), { version: "12.1", isMime: true }),
  form("SmartReply", Buffer.from(mail), { version: "12.1", isMime: true, names: "item" }),
  form("SmartForward", Buffer.from(mail), { version: "12.1", isMime: true, names: "long id" })
]

/** What the tests of others send. */
const ofOthers: ReadonlyArray<Form> = ["spec", "libwbxml", "syncroton"].flatMap((from) =>
  readdirSync(`${golden}${from}`)
    .filter((name) => name.endsWith(".wbxml"))
    .flatMap((name) => {
      const bytes = readFileSync(`${golden}${from}/${name}`)
      const command = Either.match(decode(bytes), {
        onLeft: () => null,
        onRight: ({ tag }) => commandIn(tag)
      })
      return command === null ? [] : [form(command, bytes, { version: "14.1" })]
    })
)

export const seeds: ReadonlyArray<Uint8Array> = [...written, ...bare, ...ofOthers].map(writeForm)
