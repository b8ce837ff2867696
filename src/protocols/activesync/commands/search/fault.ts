import { Data } from "effect"

/** Why a search is not carried out; Search and Find each have their own number for it. */
export class SearchFault extends Data.TaggedError("SearchFault")<{
  readonly why:
    | "Malformed"
    | "TooComplex"
    /** A folder that there is not: the device's hierarchy is out of date. */
    | "UnknownFolder"
    /** A BodyPart in a form that there is not. */
    | "BodyPartType"
}> {}

export const malformed = new SearchFault({ why: "Malformed" })
export const tooComplex = new SearchFault({ why: "TooComplex" })
