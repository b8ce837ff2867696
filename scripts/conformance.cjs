// `npm run conformance`: runs the ActiveSync tests and writes docs/conformance.md: of Microsoft's requirements that a machine can
// verify and of its test cases, how many our tests name, and how many of those pass. `--report FILE`: reads a vitest report
// (`--reporter=json`) instead of running.
const { spawnSync } = require("node:child_process")
const { mkdtempSync, readFileSync, rmSync, writeFileSync } = require("node:fs")
const { tmpdir } = require("node:os")
const { join } = require("node:path")
const { parseArgs } = require("node:util")
const { environment, inRoot, prepare, root } = require("./setup.cjs")

const { values } = parseArgs({ options: { report: { type: "string" } } })

const lines = (...path) =>
  readFileSync(inRoot(...path), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))
const known = lines("test", "golden", "activesync", "microsoft.jsonl")
/** Patterns of case names with why they are left out; the first that fits counts. */
const leftOut = lines("test", "golden", "activesync", "leftOut.jsonl").map(({ cases, why }) => ({
  cases: new RegExp(`^(${cases})$`),
  why
}))

/** The tests as vitest reports them: full title and whether it passed. */
const run = () => {
  prepare()
  const folder = mkdtempSync(join(tmpdir(), "postroom-conformance-"))
  const file = join(folder, "report.json")
  spawnSync(
    process.execPath,
    [
      inRoot("node_modules", "vitest", "vitest.mjs"),
      "run",
      "activesync",
      "--reporter=json",
      `--outputFile=${file}`
    ],
    { cwd: root, env: environment, stdio: ["ignore", "inherit", "inherit"] }
  )
  const report = readFileSync(file, "utf8")
  rmSync(folder, { recursive: true, force: true })
  return report
}

const tests = JSON.parse(values.report === undefined ? run() : readFileSync(values.report, "utf8"))
  .testResults.flatMap(({ assertionResults }) => assertionResults)
  .map(({ fullName, status }) => ({ title: fullName, passes: status === "passed" }))

/** Whether a title names something, and whether all that name it pass. */
const verdicts = (pattern) => {
  const naming = tests.filter(({ title }) => pattern.test(title))
  return { covered: naming.length > 0, passes: naming.length > 0 && naming.every(({ passes }) => passes) }
}

/** `MSASCMD_S19_TC04_Sync_Status3` is named by its number or by its words. */
const caseOf = ({ suite, case: name, requirements }) => {
  const [, number, words] = /^MSAS[A-Z]+_(S\d+_TC\d+)_(.*)$/.exec(name)
  const why = leftOut.find(({ cases }) => cases.test(name))?.why
  const protocol = suite.replace("MS-AS", "")
  const named = verdicts(
    new RegExp(`${protocol}_${number}\\b|${protocol}_${number}_|${suite}\\b.*\\b${words}\\b`)
  )
  return { suite, name, requirements, why, ...named }
}

const idsIn = new Map()
for (const { title, passes } of tests)
  for (const [, suite, numbers] of title.matchAll(/\b(MS-AS[A-Z]+)_(R\d+(?:[,/ ]+R\d+)*)/g))
    for (const number of numbers.match(/R\d+/g))
      idsIn.set(`${suite}_${number}`, (idsIn.get(`${suite}_${number}`) ?? true) && passes)

const cases = known.filter((row) => "case" in row).map(caseOf)
for (const { covered, passes, requirements } of cases)
  if (covered) for (const id of requirements) idsIn.set(id, (idsIn.get(id) ?? true) && passes)

// A case that no test is named after is covered where tests name all that it verifies.
for (const one of cases)
  if (!one.covered && one.requirements.length > 0 && one.requirements.every((id) => idsIn.has(id))) {
    one.covered = true
    one.passes = one.requirements.every((id) => idsIn.get(id))
  }

const requirements = known.flatMap((row) => row.requirement ?? [])
const suites = [...new Set(cases.map(({ suite }) => suite)), "MS-ASWBXML"]
const share = (some, all) => (all === 0 ? "" : ` (${Math.floor((100 * some) / all)} %)`)
const row = (...cells) => `| ${cells.join(" | ")} |`

const table = suites.map((suite) => {
  const own = requirements.filter((id) => id.startsWith(`${suite}_`))
  const named = own.filter((id) => idsIn.has(id))
  const of = cases.filter((one) => one.suite === suite)
  const wanted = of.filter(({ why }) => why === undefined)
  const passing = wanted.filter(({ passes }) => passes)
  return row(
    suite,
    own.length,
    `${named.length}${share(named.length, own.length)}`,
    named.filter((id) => idsIn.get(id)).length,
    of.length,
    of.length - wanted.length,
    wanted.filter(({ covered }) => covered).length,
    `${passing.length}${share(passing.length, wanted.length)}`
  )
})

const why = new Map()
for (const one of cases) if (one.why !== undefined) why.set(one.why, [...(why.get(one.why) ?? []), one.name])
const open = cases.filter((one) => one.why === undefined && !one.passes)

writeFileSync(
  inRoot("docs", "conformance.md"),
  `# Conformance to ActiveSync

Made by \`npm run conformance\`, which runs the tests. Requirements are those that Microsoft's own suite verifies by machine, of servers,
normative; a test covers one that it names, and those of a case of Microsoft's that it names. A case is covered by a test that names it,
or by tests that name every requirement it verifies.

${row("protocol", "requirements", "covered", "passing", "cases", "left out", "ported", "passing")}
${row(...Array.from({ length: 8 }, () => "---"))}
${table.join("\n")}

## Left out

${[...why].map(([reason, names]) => `- ${reason} (${names.length}): ${names.map((name) => name.replace(/^MSAS/, "")).join(", ")}`).join("\n")}

## Not passing

${open.length === 0 ? "None." : open.map(({ name, covered }) => `- ${name.replace(/^MSAS/, "")}: ${covered ? "fails" : "no test yet"}`).join("\n")}
`
)
process.stdout.write(
  `${cases.filter(({ passes }) => passes).length} of ${cases.length} cases pass, ${open.length} open\n`
)
