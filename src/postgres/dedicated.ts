import pg from 'pg'
import { addressOf, type ConnectionConfig, driverOptions } from './connection.js'
import { connectionFault, isConnectionLoss } from './errors.js'
import { onceOver, type Session } from './session.js'

/** One connection, direct, that nobody else has before or after: what is set on it goes with it. Throws SERVER_UNREACHABLE, LOGIN_REFUSED. */
export async function withDedicated<T>(
  config: ConnectionConfig,
  applicationName: string,
  body: (session: Session) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    ...driverOptions(config, applicationName),
    // A lost client must not go on writing.
    options: '-c search_path= -c jit=off -c client_connection_check_interval=1s',
  })
  client.on('error', () => {})
  const told = (error: unknown): unknown => (isConnectionLoss(error) ? connectionFault(error, addressOf(config)) : error)
  try {
    await client.connect()
  } catch (error) {
    throw connectionFault(error, addressOf(config))
  }
  try {
    return await body(onceOver(client))
  } catch (error) {
    throw told(error)
  } finally {
    await client.end().catch(() => {})
  }
}
