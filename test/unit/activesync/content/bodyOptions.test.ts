import { assert, describe, it } from "@effect/vitest"
import { Either } from "effect"
import { bodyCandidates } from "../../../../src/protocols/activesync/content/bodyChoice.ts"
import {
  type BodyOptions,
  type BodyPreference,
  defaultBodyOptions,
  readBodyOptions
} from "../../../../src/protocols/activesync/content/bodyOptions.ts"
import { fromXml } from "../../../support/activesync/wbxml.ts"

const read = (options: string) =>
  readBodyOptions(fromXml(`<AirSync:Options>${options}</AirSync:Options>`), "16.1")

const preference = (inner: string) =>
  read(`<AirSyncBase:BodyPreference>${inner}</AirSyncBase:BodyPreference>`)

describe("options of bodies", () => {
  it("are none where there is no block", () => {
    assert.deepStrictEqual(readBodyOptions(undefined, "12.1"), Either.right(defaultBodyOptions))
  })

  it("keep the device's order and survive JSON", () => {
    const options = read(`
      <AirSyncBase:BodyPreference><Type>2</Type><TruncationSize>200000</TruncationSize><AllOrNone>1</AllOrNone></AirSyncBase:BodyPreference>
      <AirSyncBase:BodyPreference><Type>1</Type><TruncationSize>4294967295</TruncationSize><Preview>255</Preview></AirSyncBase:BodyPreference>
      <AirSyncBase:BodyPartPreference><Type>2</Type><Preview>0</Preview></AirSyncBase:BodyPartPreference>
      <AirSync:MIMESupport>1</AirSync:MIMESupport>
      <RightsManagement:RightsManagementSupport>1</RightsManagement:RightsManagementSupport>`)
    const expected: BodyOptions = {
      bodyPreferences: [
        { type: 2, truncationSize: 200_000, allOrNone: true, preview: null },
        { type: 1, truncationSize: 4_294_967_295, allOrNone: false, preview: 255 }
      ],
      bodyPartPreference: { type: 2, truncationSize: null, allOrNone: false, preview: 0 },
      mimeSupport: 1,
      mimeTruncation: null,
      rightsManagement: true
    }
    assert.deepStrictEqual(options, Either.right(expected))
    assert.deepStrictEqual(JSON.parse(JSON.stringify(expected)), expected)
  })

  it.each([
    ["MS-ASAIRS_R348: children out of order", "<TruncationSize>1</TruncationSize><Type>1</Type>"],
    ["MS-ASAIRS_R350: an AllOrNone that is no boolean", "<Type>1</Type><AllOrNone>a</AllOrNone>"],
    ["MS-ASAIRS_R351: AllOrNone twice", "<Type>1</Type><AllOrNone>1</AllOrNone><AllOrNone>1</AllOrNone>"],
    ["MS-ASAIRS_R346: a type that is no number", "<Type>a</Type>"],
    ["a type that there is not", "<Type>5</Type>"],
    ["no type", "<TruncationSize>1</TruncationSize>"],
    ["a size below zero", "<Type>1</Type><TruncationSize>-1</TruncationSize>"],
    ["a size beyond 32 bits", "<Type>1</Type><TruncationSize>4294967296</TruncationSize>"],
    ["a preview beyond 255", "<Type>1</Type><Preview>256</Preview>"],
    ["MS-ASAIRS_R10032: a child that belongs elsewhere", "<Type>1</Type><Data>x</Data>"]
  ])("are malformed: %s", (_, inner) => {
    assert.deepStrictEqual(preference(inner), Either.left("Malformed"))
  })

  it("MS-ASAIRS_R10016: are malformed with two preferences of one type", () => {
    const twice = "<AirSyncBase:BodyPreference><Type>1</Type></AirSyncBase:BodyPreference>".repeat(2)
    assert.deepStrictEqual(read(twice), Either.left("Malformed"))
  })

  it("MS-ASAIRS_R75: AllOrNone means nothing without a size", () => {
    assert.deepStrictEqual(
      Either.getOrThrow(preference("<Type>1</Type><AllOrNone>1</AllOrNone>")).bodyPreferences,
      [{ type: 1, truncationSize: null, allOrNone: false, preview: null }]
    )
  })

  it("MS-ASCON_R241: a body part in another form than HTML is told apart", () => {
    const wish = "<AirSyncBase:BodyPartPreference><Type>3</Type></AirSyncBase:BodyPartPreference>"
    assert.deepStrictEqual(read(wish), Either.left("BodyPartType"))
  })

  it("MS-ASAIRS_R1062: body parts mean nothing before 14.1", () => {
    const options = fromXml(
      "<AirSync:Options><AirSyncBase:BodyPartPreference><Type>3</Type></AirSyncBase:BodyPartPreference></AirSync:Options>"
    )
    assert.deepStrictEqual(readBodyOptions(options, "14.0"), Either.right(defaultBodyOptions))
  })

  it.each([
    [0, 0],
    [1, 4096],
    [2, 5120],
    [3, 7168],
    [4, 10_240],
    [5, 20_480],
    [6, 51_200],
    [7, 102_400],
    [8, null]
  ])(
    "MS-ASCMD_R3418, R3419, R3420, R3421, R3422, R3423, R3424, R3425, R3426: MIMETruncation %i is %s octets",
    (value, octets) => {
      assert.deepStrictEqual(
        Either.map(
          read(`<AirSync:MIMETruncation>${value}</AirSync:MIMETruncation>`),
          (o) => o.mimeTruncation
        ),
        Either.right(octets)
      )
    }
  )

  it.each([
    "<AirSync:MIMETruncation>9</AirSync:MIMETruncation>",
    "<AirSync:MIMESupport>3</AirSync:MIMESupport>"
  ])("are malformed with a number that means nothing: %s", (inner) => {
    assert.deepStrictEqual(read(inner), Either.left("Malformed"))
  })

  it("MS-ASCMD_R3404, R3432: of elements that come twice the last one counts", () => {
    const twice = "<AirSync:MIMESupport>1</AirSync:MIMESupport><AirSync:MIMESupport>2</AirSync:MIMESupport>"
    assert.deepStrictEqual(Either.getOrThrow(read(twice)).mimeSupport, 2)
  })
})

const wanting = (...preferences: ReadonlyArray<Partial<BodyPreference> & Pick<BodyPreference, "type">>) => ({
  ...defaultBodyOptions,
  bodyPreferences: preferences.map((given) => ({
    truncationSize: null,
    allOrNone: false,
    preview: null,
    ...given
  }))
})

const typesOf = (options: BodyOptions, nativeType: 1 | 2, isSmime = false) =>
  bodyCandidates(options, { nativeType, isSmime }).map(({ type }) => type)

const small = { truncationSize: 10, allOrNone: true }

describe("the form of a body", () => {
  it("is plain text where nothing was asked for", () => {
    assert.deepStrictEqual(typesOf(defaultBodyOptions, 2), [1])
  })

  it("MS-ASAIRS_R77, R62: is the native one where the device takes it, in whatever place", () => {
    assert.deepStrictEqual(typesOf(wanting({ type: 1 }, { type: 2 }), 2), [2])
    assert.deepStrictEqual(typesOf(wanting({ type: 2 }, { type: 1 }), 1), [1])
    assert.deepStrictEqual(typesOf(wanting({ type: 2 }), 1), [2])
  })

  it("MS-ASAIRS_R80: is the next one where all or nothing of the first was asked for", () => {
    assert.deepStrictEqual(typesOf(wanting({ type: 1 }, { type: 2, ...small }), 2), [2, 1])
    assert.deepStrictEqual(typesOf(wanting({ type: 2, ...small }), 2), [2])
  })

  it("is MIME only where MIMESupport lets it be", () => {
    const options = wanting({ type: 2 }, { type: 4 })
    assert.deepStrictEqual(typesOf(options, 2), [2])
    assert.deepStrictEqual(typesOf({ ...options, mimeSupport: 1 }, 2), [2])
    assert.deepStrictEqual(typesOf({ ...options, mimeSupport: 1 }, 2, true), [4])
    assert.deepStrictEqual(typesOf({ ...options, mimeSupport: 2 }, 2), [4])
  })

  it("of MIME is cut by the smaller of its two limits", () => {
    const options = { ...wanting({ type: 4, truncationSize: 5000 }), mimeSupport: 2 as const }
    const sizes = [4096, 102_400, null].map((mimeTruncation) =>
      bodyCandidates({ ...options, mimeTruncation }, { nativeType: 1, isSmime: false }).map(
        ({ truncationSize }) => truncationSize
      )
    )
    assert.deepStrictEqual(sizes, [[4096], [5000], [5000]])
  })

  it("of RTF is plain text: mail has none", () => {
    assert.deepStrictEqual(typesOf(wanting({ type: 3 }), 2), [1])
  })
})
