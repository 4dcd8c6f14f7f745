import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { runChild } from './children.mjs'
import { during } from './say.mjs'

const LISTS = '/var/lib/apt/lists'
const LISTS_GROW_OLD_MS = 3 * 24 * 60 * 60 * 1000
const INSTALL = ['apt-get', 'install', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120', '--']
const UPDATE = ['apt-get', 'update', '-o', 'DPkg::Lock::Timeout=120']

/** Installs packages of the system where that is possible. Answers the ones that are still missing: [{ package, reason }]. */
export async function installDebian(packages, { signal } = {}) {
  const missing = await notInstalled(packages)
  if (missing.length === 0) return []
  if (process.platform !== 'linux' || !existsSync('/usr/bin/apt-get')) return because(missing, 'this system has no apt-get')
  if (process.getuid() !== 0) return because(missing, 'only root can install packages of the system')

  return during(`installing ${missing.join(', ')} (apt-get)`, async () => {
    const apt = (argv) => runChild(argv, { signal, stdio: 'capture', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
    const stale = listsAreOld()
    if (stale) await apt(UPDATE)
    let result = await apt([...INSTALL, ...missing])
    // Lists that look fresh may still name packages that the mirror has replaced.
    if (result.status !== 0 && !stale) {
      await apt(UPDATE)
      result = await apt([...INSTALL, ...missing])
    }
    if (result.status === 0) return []
    // One package that this release does not have must not cost the others.
    for (const one of missing.length > 1 ? missing : []) await apt([...INSTALL, one])
    return because(await notInstalled(missing), reasonIn(result.output))
  })
}

async function notInstalled(packages) {
  if (!existsSync('/usr/bin/dpkg-query')) return packages
  const states = await Promise.all(packages.map((one) => runChild(['dpkg-query', '-s', one], { stdio: 'capture' })))
  return packages.filter((_, index) => !/^Status: .* installed$/m.test(states[index].output))
}

const because = (packages, reason) => packages.map((name) => ({ package: name, reason }))

const reasonIn = (output) => /^E: (.*)$/m.exec(output)?.[1] ?? 'apt-get failed'

function listsAreOld() {
  try {
    const lists = readdirSync(LISTS).filter((name) => name.includes('_Packages'))
    const newest = Math.max(...lists.map((name) => statSync(join(LISTS, name)).mtimeMs), statSync(LISTS).mtimeMs)
    return lists.length === 0 || Date.now() - newest > LISTS_GROW_OLD_MS
  } catch {
    return true
  }
}
