// Prints what failed and `N passed, N failed, N skipped` from a vitest report and the exit codes of the tests and the checks.
// Plain JavaScript: it must give its verdict also when the set-up failed and only an old Node is there.
import fs from 'node:fs'
import path from 'node:path'

const [reportFile, testsExit, checksExit] = process.argv.slice(2)
const files = fs.existsSync(reportFile)
  ? JSON.parse(fs.readFileSync(reportFile, 'utf8')).testResults
  : []
const tests = files.flatMap((file) => file.assertionResults)
const count = (...states) => tests.filter((test) => states.includes(test.status)).length

const passed = count('passed')
const skipped = count('skipped', 'pending', 'todo', 'disabled')
// A file that did not load has no tests to fail; an error outside any test shows only in the exit code.
const brokenFiles = files.filter(
  (file) =>
    file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
).length
const failedTests = count('failed') + brokenFiles
const failed = Math.max(failedTests, testsExit === '0' ? 0 : 1) + (checksExit === '0' ? 0 : 1)

// Of a long output often only the end is kept.
for (const { name, assertionResults, message } of files) {
  const file = path.relative(process.cwd(), name)
  const failures = assertionResults.filter(({ status }) => status === 'failed')
  for (const { fullName, failureMessages } of failures)
    console.log(`\nFAILED ${file}\n  ${fullName}\n${shortened(failureMessages.join('\n'))}`)
  if (failures.length === 0 && message) console.log(`\nFAILED ${file}\n${shortened(message)}`)
}

console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
process.exitCode = failed > 0 || passed === 0 || (process.env.CI && skipped > 0) ? 1 : 0

function shortened(text) {
  return text.split('\n').slice(0, 20).join('\n').slice(0, 2000)
}
