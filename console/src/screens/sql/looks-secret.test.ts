import { expect, test } from 'vitest'
import * as cli from '../../../../src/cli/sql-history.js'
import { looksSecret } from './looks-secret.js'

test('what looks as if it held a secret is what the prompt takes for that', () => {
  const [harmless, secret] = [
    ['select 1', 'update note set body = $$x$$', 'select * from pass_log'],
    [
      `update login set password = 'x'`,
      `select\ncrypt ('x', 'y')`,
      `select 'tny_abcdefgh'`,
      `select 'postgres://me:it@there/x'`,
      'select API_KEY',
    ],
  ]
  expect(harmless.map(looksSecret)).toEqual(harmless.map(() => false))
  expect(secret.map(looksSecret)).toEqual(secret.map(() => true))
  for (const statement of [...harmless, ...secret]) expect(cli.looksSecret(statement), statement).toBe(looksSecret(statement))
})
