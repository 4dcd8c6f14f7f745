import type { Library } from './subject.js'
import { drizzleOrm } from './subjects/drizzle.js'
import { knex } from './subjects/knex.js'
import { kysely } from './subjects/kysely.js'
import { mikroOrm } from './subjects/mikro-orm.js'
import { plainPg } from './subjects/pg.js'
import { prisma } from './subjects/prisma.js'
import { typeorm } from './subjects/typeorm.js'

export const LIBRARIES: readonly Library[] = [plainPg, kysely, drizzleOrm, knex, typeorm, mikroOrm, prisma]
