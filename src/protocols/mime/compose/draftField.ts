/** Keeps in a draft what no field of RFC 5322 says; lower case. Never sent to others. */
export const draftField = "x-postroom-draft"
