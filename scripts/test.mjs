import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { build } from './build.mjs'
import { buildConsole, checkConsole } from './build-console.mjs'
import { runChild } from './children.mjs'
import { installPackages } from './install.mjs'
import { installDebian } from './install-debian.mjs'
import { underLifeline } from './lifeline.mjs'
import { prepareOrms } from './orms.mjs'
import { inRoot, ROOT } from './paths.mjs'
import { say, sayFailure } from './say.mjs'
import { vitestArguments } from './test-arguments.mjs'
import { readReport, sayReport } from './test-report.mjs'

const REPORT = inRoot('.build', 'vitest-report.json')
const FORBID_SKIPS = process.env.TENANTRY_FORBID_SKIPS === '1'

// A wall that let something through once has let it through.
const NO_SECOND_TRY = ['test/isolation/', 'test/leak/']

const ENGINES = {
  'embedded-18': inRoot('node_modules', 'pg-bin-18', 'native', 'bin', 'postgres'),
  'embedded-16': inRoot('node_modules', 'pg-bin-16', 'native', 'bin', 'postgres'),
  'debian-15': '/usr/lib/postgresql/15/bin/postgres',
  pgbouncer: '/usr/sbin/pgbouncer',
  redis: '/usr/bin/redis-server',
  s3cmd: '/usr/bin/s3cmd',
  rclone: '/usr/bin/rclone',
  chromium: '/usr/bin/chromium',
}

const DEBIAN = ['postgresql-15', 'postgresql-contrib', 'pgbouncer', 'redis-server', 's3cmd', 'rclone', 'chromium']

await underLifeline(async (signal) => {
  try {
    return await test(signal)
  } catch (error) {
    sayFailure(error)
    return summary({ passed: 0, failed: 1 })
  }
})

async function test(signal) {
  await installPackages({ production: false, signal })
  const brought = prepareOrms({ signal }).then(() => installDebian(DEBIAN, { signal }))
  // The compiler takes one core, and as long as the others together.
  const [refused] = await Promise.all([brought, build({ signal }), buildConsole({ signal }), brought.then(() => checkConsole({ signal }))])
  // What imports the libraries under test: the doors, held against their own types.
  await build({ project: 'tsconfig.orms.json', signal })

  const reason = refused[0]?.reason ?? 'it is not installed'
  const missing = Object.keys(ENGINES).filter((engine) => !existsSync(ENGINES[engine]))
  for (const engine of missing) say(`missing engine: ${engine} (${reason})`)

  const { args, selective } = vitestArguments(process.argv.slice(2))
  mkdirSync(inRoot('.build'), { recursive: true })
  rmSync(REPORT, { force: true })
  const vitest = [process.execPath, inRoot('node_modules', 'vitest', 'vitest.mjs'), 'run', ...args]
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${REPORT}`]
  const { status } = await runChild([...vitest, ...reporters], {
    signal,
    cwd: ROOT,
    env: { ...process.env, TENANTRY_MISSING: missing.join(','), TENANTRY_MISSING_REASON: reason },
  })

  const report = readReport(REPORT)
  if (!report || signal.aborted) return summary({ passed: report?.passed ?? 0, failed: (report?.failed ?? 0) || 1 })
  sayReport(report)
  return summary(judged(report, { status, missing, selective }))
}

/** What else counts as a failure: an error outside of any test, no test at all, a wall that stood at the second try only and, when skipping is forbidden, whatever was left out. */
function judged(report, { status, missing, selective }) {
  let { passed, failed } = report
  for (const { name } of report.secondTries.filter(({ name }) => NO_SECOND_TRY.some((suite) => name.startsWith(suite)))) {
    say(`no second try counts for a wall: ${name}`)
    passed -= 1
    failed += 1
  }
  if (FORBID_SKIPS) {
    // A filter by name makes vitest report all other tests as skipped.
    const skipped = selective ? [] : report.skipped
    for (const name of skipped) say(`skipped, which is forbidden here: ${name}`)
    failed += missing.length + skipped.length
  }
  if (failed === 0 && (status !== 0 || passed === 0)) {
    say(passed === 0 ? 'no test ran' : 'vitest failed outside of any test; see above')
    failed = 1
  }
  return { passed, failed }
}

function summary({ passed, failed }) {
  process.stdout.write(`${passed} passed, ${failed} failed\n`)
  return failed === 0 ? 0 : 1
}
