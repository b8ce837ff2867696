// `node scripts/codePages.cjs test/support/activesync/lint/codepages.json > src/protocols/activesync/wbxml/gen/codePages.ts`:
// the code pages of MS-ASWBXML as a table. Run it again when the table of the specification changes.
const { readFileSync } = require("node:fs")

const { pages } = JSON.parse(readFileSync(process.argv[2], "utf8"))
const tagsOf = (tags) => tags.map(({ name, token }) => `${name}: ${token.toLowerCase()}`).join(", ")
const tableOf = (key) =>
  pages
    .filter((page) => page[key]?.length > 0)
    .map((page) => `  ${page.namespace}: { page: ${page.page}, tags: { ${tagsOf(page[key])} } }`)
    .join(",\n")

process.stdout.write(`// Made by scripts/codePages.cjs from the tables of MS-ASWBXML 2.1.2.1; not edited by hand.

/** Every tag that versions 12.1 to 16.1 use. */
export const codePages = {
${tableOf("tags")}
} as const

/** Tags of versions before 12.1: understood, never sent. */
export const legacyPages = {
${tableOf("legacyNotInMsTable")}
} as const
`)
