import { existsSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { ROOT } from './paths.mjs'

const SLOWEST = 10

/** Reads vitest's JSON report. A file that could not be loaded counts as one failure. Undefined when there is no report. */
export function readReport(path) {
  if (!existsSync(path)) return undefined
  const { testResults } = JSON.parse(readFileSync(path, 'utf8'))
  const files = testResults.map((file) => ({
    path: relative(ROOT, file.name),
    ms: Math.max(0, file.endTime - file.startTime),
    status: file.status,
    tests: file.assertionResults,
  }))
  const tests = files.flatMap((file) =>
    file.tests.map((test) => ({
      name: [file.path, ...test.ancestorTitles, test.title].join(' > '),
      status: test.status,
      ms: test.duration ?? 0,
      // vitest keeps what went wrong the first time with a test that passed the second.
      secondTry: test.status === 'passed' && test.failureMessages?.length > 0 ? test.failureMessages[0] : undefined,
    })),
  )
  const unloaded = files.filter((file) => file.status === 'failed' && !file.tests.some((test) => test.status === 'failed'))
  return {
    files,
    tests,
    passed: tests.filter((test) => test.status === 'passed').length,
    failed: tests.filter((test) => test.status === 'failed').length + unloaded.length,
    skipped: tests.filter((test) => !hasRun(test)).map((test) => test.name),
    secondTries: tests.filter((test) => test.secondTry !== undefined),
  }
}

/** Prints the time per suite, the slowest of the tests that ran, and which of them needed more than one try, with what went wrong at the first. */
export function sayReport({ files, tests, secondTries }) {
  const suites = new Map()
  for (const file of files) {
    const suite = file.path.split('/').slice(0, 2).join('/')
    const sum = suites.get(suite) ?? { ms: 0, tests: 0 }
    suites.set(suite, { ms: sum.ms + file.ms, tests: sum.tests + file.tests.filter(hasRun).length })
  }
  line('\nTime per suite')
  for (const [suite, { ms, tests: count }] of [...suites].sort(([, a], [, b]) => b.ms - a.ms))
    line(`  ${seconds(ms)}  ${suite} (${count} tests)`)
  line('Slowest tests')
  const ran = tests.filter(hasRun)
  for (const { ms, name } of ran.toSorted((a, b) => b.ms - a.ms).slice(0, SLOWEST)) line(`  ${seconds(ms)}  ${name}`)
  if (secondTries.length > 0) line('Passed at another try only')
  for (const { name, secondTry } of secondTries) line(`  ${name}\n      ${secondTry.split('\n')[0]}`)
  line('')
}

const hasRun = ({ status }) => status === 'passed' || status === 'failed'

const line = (text) => process.stdout.write(`${text}\n`)

const seconds = (ms) => `${(ms / 1000).toFixed(2).padStart(7)} s`
