// `npm test [-- vitest arguments]`: install, build, run every project, and end with one line of totals.
// Where CI is set a skipped test is a failure: there is nothing that CI may be without.
const { spawnSync } = require("node:child_process")
const { existsSync, mkdtempSync, readFileSync, rmSync } = require("node:fs")
const { tmpdir } = require("node:os")
const { join } = require("node:path")
const { build, ensureInstalled, environment, inRoot, requireNode, root, say } = require("./setup.cjs")

const finish = ({ passed, failed, skipped }) => {
  process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`)
  const skipsAllowed = environment.CI === undefined || environment.CI === "" || environment.CI === "false"
  process.exitCode = failed > 0 || (skipped > 0 && !skipsAllowed) ? 1 : 0
}

const nameOf = (file, test) => `  ${file.name.slice(root.length + 1)} > ${test.fullName}`

/** Totals from vitest's JSON report; a file that could not even be loaded counts as one failed test. */
const totals = (report) => {
  const tests = report.testResults.flatMap((file) =>
    file.assertionResults.map((test) => ({ status: test.status, name: nameOf(file, test) }))
  )
  const passed = tests.filter((test) => test.status === "passed").length
  const failedTests = tests.filter((test) => test.status === "failed").length
  const failedFiles = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed")
  )
  const skipped = tests.filter((test) => test.status !== "passed" && test.status !== "failed")
  for (const file of failedFiles) say(`failed as a whole: ${file.name.slice(root.length + 1)}`)
  if (skipped.length > 0) say(["skipped:", ...skipped.map((test) => test.name)].join("\n"))
  return { passed, failed: failedTests + failedFiles.length, skipped: skipped.length }
}

const runVitest = (reportFile) => {
  const { status } = spawnSync(
    process.execPath,
    [
      inRoot("node_modules", "vitest", "vitest.mjs"),
      "run",
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${reportFile}`,
      ...process.argv.slice(2)
    ],
    { cwd: root, stdio: ["ignore", "inherit", "inherit"] }
  )
  const counted = existsSync(reportFile)
    ? totals(JSON.parse(readFileSync(reportFile, "utf8")))
    : { passed: 0, failed: 0, skipped: 0 }
  // An error outside every test (an unhandled rejection, a set-up that failed) only shows in the exit code.
  return status !== 0 && counted.failed === 0 ? { ...counted, failed: 1 } : counted
}

requireNode()
ensureInstalled()
if (build()) {
  const folder = mkdtempSync(join(tmpdir(), "postroom-test-report-"))
  try {
    finish(runVitest(join(folder, "report.json")))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
} else {
  say("The build failed, so no test ran.")
  finish({ passed: 0, failed: 1, skipped: 0 })
}
