import { type FileImports, type Import, isRelative, packageOf, reachOf, targetOf } from './imports.js'

/** Bottom up. Rooms of one floor do not see each other. */
const FLOORS = [
  ['kernel'],
  ['postgres', 'programs', 'stores'],
  ['catalog'],
  ['isolation'],
  ['schema'],
  ['transfer'],
  ['client'],
  ['pool'],
  ['orms'],
  ['engine'],
  ['operations'],
  ['registry'],
  ['cli', 'server', 'worker', 'testing', 'web', 'jobs', 'cache', 'lint', 'api'],
  ['doors'],
] as const

const DOOR = /^src\/(orm\/)?[a-z-]+\.ts$/
const ROOMS = new Map<string, number>(FLOORS.flatMap((rooms, floor) => rooms.map((room) => [room, floor] as const)))

/** One place owns BEGIN, ROLLBACK, settings and release; one place quotes, times out and redacts. */
const OWNED_MODULES: Readonly<Record<string, string>> = {
  pg: 'postgres',
  'pg-copy-streams': 'postgres',
  'pg-protocol': 'postgres',
  'pg-cursor': 'postgres',
  'pg-query-stream': 'postgres',
  'pg-logical-replication': 'postgres',
  'node:child_process': 'programs',
}

// The data plane runs inside other people's servers, in their hot path.
const CLIENT_FILES = /^src\/(kernel\/.+|postgres\/.+|client\/.+|catalog\/resolve\.ts|isolation\/names\.ts)$/
const CLIENT_PACKAGES: ReadonlySet<string> = new Set(['pg', 'pg-copy-streams', 'pg-protocol'])
const CLIENT_NEVER = /^node:(child_process|cluster|http|http2|https|worker_threads)$/

export type FloorRule = 'api' | 'room' | 'computed' | 'outside' | 'up' | 'sideways' | 'owned' | 'kernel' | 'client' | 'client-reach'

export interface FloorViolation {
  readonly rule: FloorRule
  readonly at: string
  readonly says: string
}

interface Room {
  readonly name: string
  readonly floor: number
}

/** Each folder of operations is a room of its own on their floor; the registry stands above them. */
function roomOf(path: string): Room | undefined {
  if (DOOR.test(path)) return { name: 'doors', floor: ROOMS.get('doors')! }
  const [, first = '', second, deeper] = path.split('/')
  if (path === 'src/operations/registry.ts') return { name: 'registry', floor: ROOMS.get('registry')! }
  const floor = ROOMS.get(first)
  if (floor === undefined || (first === 'operations' && deeper === undefined)) return undefined
  return { name: first === 'operations' ? `operations/${second}` : first, floor }
}

/** Checks that every import goes to its own room or a lower floor, and the few rules about single modules. Knows nothing but its argument. */
export function floorViolations(files: readonly FileImports[]): readonly FloorViolation[] {
  const violations = files.flatMap((file) => fileViolations(file))
  const byPath = new Map(files.map((file) => [file.path, file]))
  const reach = reachOf(
    files.map((file) => file.path).filter((path) => path.startsWith('src/client/')),
    (path) => byPath.get(path),
  )
  const strangers = [
    ...reach.files.filter((path) => !CLIENT_FILES.test(path)),
    ...reach.packages.filter((name) => !CLIENT_PACKAGES.has(name)),
    ...reach.builtins.filter((name) => CLIENT_NEVER.test(name)),
  ]
  return [...violations, ...strangers.map((name): FloorViolation => ({ rule: 'client-reach', at: 'src/client', says: `loads ${name}` }))]
}

function fileViolations({ path, imports }: FileImports): readonly FloorViolation[] {
  const room = roomOf(path)
  if (room === undefined) return [{ rule: 'room', at: path, says: 'belongs to no room of the house' }]
  return imports.flatMap((one): readonly FloorViolation[] => {
    const found = importViolation(path, room, one)
    return found === undefined ? [] : [{ ...found, at: `${path}:${one.line}` }]
  })
}

function importViolation(path: string, room: Room, { specifier }: Import): Omit<FloorViolation, 'at'> | undefined {
  if (specifier === undefined) return { rule: 'computed', says: 'imports what is only known at run time' }
  // Pages of a browser load it.
  const isOwn = isRelative(specifier) && targetOf(path, specifier).startsWith('src/api/')
  if (room.name === 'api' && !isOwn) return { rule: 'api', says: `the client of the API imports ${specifier}` }
  if (!isRelative(specifier)) return moduleViolation(room, specifier)
  const target = targetOf(path, specifier)
  if (!target.startsWith('src/')) return { rule: 'outside', says: `imports ${target}, which is not published` }
  const other = roomOf(target)
  if (other === undefined) return { rule: 'room', says: `imports ${target}, which belongs to no room of the house` }
  if (other.name === room.name) return undefined
  if (other.floor > room.floor) return { rule: 'up', says: `${room.name} imports ${target} from a higher floor` }
  if (other.floor === room.floor) return { rule: 'sideways', says: `${room.name} imports ${target} from the same floor` }
  if (room.name === 'client' && !CLIENT_FILES.test(target)) return { rule: 'client', says: `the data plane imports ${target}` }
  return undefined
}

function moduleViolation(room: Room, specifier: string): Omit<FloorViolation, 'at'> | undefined {
  const name = specifier.startsWith('node:') ? specifier : packageOf(specifier)
  const owner = OWNED_MODULES[name]
  if (owner !== undefined && owner !== room.name) return { rule: 'owned', says: `${room.name} imports ${name}, which only ${owner}/ may` }
  if (name.startsWith('node:')) return undefined
  if (room.name === 'kernel') return { rule: 'kernel', says: `the kernel imports the package ${name}` }
  if (room.name === 'client') return { rule: 'client', says: `the data plane imports the package ${name}` }
  return undefined
}
