import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { runChild } from './children.mjs'
import { installOrms } from './install.mjs'
import { inRoot } from './paths.mjs'
import { failure } from './say.mjs'

const ORMS = inRoot('test', 'orms')
const SCHEMAS = [
  { schema: 'test/orms/prisma/schema.prisma', output: '.build/test/orms/prisma' },
  { schema: 'examples/apps/express-prisma/schema.prisma', output: 'examples/apps/express-prisma/generated' },
]

/** Brings the libraries under test, and what Prisma generates of the schemas that tests use. Does nothing when all of it is there. */
export async function prepareOrms({ signal } = {}) {
  await installOrms({ signal })
  for (const { schema, output } of SCHEMAS) {
    const state = createHash('sha256')
      .update(readFileSync(inRoot(schema)))
      .update(readFileSync(`${ORMS}/package-lock.json`))
      .digest('hex')
    const record = inRoot(output, '.generated')
    if (existsSync(record) && readFileSync(record, 'utf8') === state) continue
    const { status, output: told } = await runChild(
      [process.execPath, `${ORMS}/node_modules/prisma/build/index.js`, 'generate', '--schema', inRoot(schema)],
      {
        signal,
        stdio: 'capture',
        cwd: ORMS,
        // It would download a program that only migrations need, ask for news, and tell of itself.
        env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true', CHECKPOINT_DISABLE: '1', PRISMA_HIDE_UPDATE_MESSAGE: '1' },
      },
    )
    if (status !== 0) {
      process.stderr.write(told)
      throw failure(`Prisma did not generate ${output}`, 'the lines above have its reason')
    }
    writeFileSync(record, state)
  }
}
