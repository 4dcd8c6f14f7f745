import { fault } from '../kernel/faults.js'

/** Options of a library by name, and why a door cannot take them. */
export type Refused = Readonly<Record<string, string>>

export const OWN_ADDRESS = 'the scope knows where its tenant lives'
export const OWN_SCHEMA = 'the scope says in which schema its tenant lives'

/** Throws ORM_OPTION for the first option that leaks, or leads past the scope. */
export function refuseOptions(library: string, options: object, refused: Refused): void {
  for (const [option, why] of Object.entries(refused)) {
    const given = (options as Readonly<Record<string, unknown>>)[option]
    if (given !== undefined && given !== false) throw fault('ORM_OPTION', { library, option, why })
  }
}
