import { findPostgres } from '../../src/programs/postgres-binaries.js'
import { initPostgres } from '../../src/programs/postgres-data.js'
import { startPostgres } from '../../src/programs/postgres-server.js'

// A program that starts a server and then waits to be killed. Arguments: the checkout, a folder for data, a port.
const [from = '', folder = '', port = ''] = process.argv.slice(2)
const binaries = await findPostgres(18, { from, folder })
const dataDirectory = `${folder}/data`
await initPostgres({ binaries, dataDirectory, superuser: 'postgres', password: 'postgres', durable: false })
const server = await startPostgres({ binaries, dataDirectory, port: Number(port) })
process.stdout.write(`server ${server.pid}\n`)
