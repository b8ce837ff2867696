/**
 * Seeds that once found something. A seed tells another story where the simulation itself changes, so whatever was found has
 * a small test of its own, too.
 */
export const corpus: ReadonlyArray<number> = []
