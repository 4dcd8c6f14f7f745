import { DECLARATIONS } from 'tenantry/api'
import { expect, test } from 'vitest'
import type { OperationName } from './names.js'
import { type Asker, refusalOf } from './refusal.js'

const by = (role: Asker['role'], ownRole?: Asker['role']): Asker => ({ role, session: ownRole === undefined ? null : { ownRole } })

test('a role that is declared may, another is told which it takes', () => {
  expect(refusalOf('tenant.suspend', by('operator'))).toBeUndefined()
  expect(refusalOf('tenant.list', by('viewer'))).toBeUndefined()
  expect(refusalOf('key.create', by('operator'))).toBe('This takes the role fleet-admin; you are operator')
  expect(refusalOf('doctor.run', by('viewer'))).toBe('This takes the role operator, fleet-admin or security-auditor; you are viewer')
})

test('before it is known who it is, nothing is refused', () => {
  for (const name of Object.keys(DECLARATIONS)) expect(refusalOf(name as OperationName, undefined)).toBeUndefined()
})

test('a field that takes more is refused where it is given', () => {
  expect(refusalOf('view.save', by('viewer'), { shared: false })).toBeUndefined()
  expect(refusalOf('view.save', by('viewer'), { shared: true })).toBe('This takes the role operator or fleet-admin; you are viewer')
})

test('broken glass gives nothing that outlasts it, and is for people alone', () => {
  expect(refusalOf('key.create', by('fleet-admin', 'viewer'))).toBe(
    'What it makes outlasts broken glass: this takes fleet-admin as a role of your own',
  )
  expect(refusalOf('key.create', by('fleet-admin', 'fleet-admin'))).toBeUndefined()
  expect(refusalOf('key.revoke', by('fleet-admin', 'viewer'))).toBeUndefined()
  expect(refusalOf('breakglass.open', by('viewer'))).toBe('This is for people who are signed in, not for keys')
  expect(refusalOf('breakglass.open', by('viewer', 'viewer'))).toBeUndefined()
})

test('what is about oneself is for everybody who is signed in', () => {
  for (const role of ['viewer', 'tenant-admin', 'fleet-admin'] as const) {
    expect(refusalOf('session.leave', by(role, role))).toBeUndefined()
    expect(refusalOf('session.leave', by(role))).toBe('This is for people who are signed in, not for keys')
  }
  expect(refusalOf('session.end', by('tenant-admin', 'tenant-admin'))).toBe('This takes the role fleet-admin; you are tenant-admin')
})
