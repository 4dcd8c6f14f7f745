import { type PostgresSettings, settingsText } from './postgres-settings.js'

export interface PostgresProposal {
  /** How the cluster is called. */
  readonly cluster: string
  /** Where certificate and key are; undefined is the data directory. */
  readonly folder: string | undefined
  /** Is it reached from other machines? Without TLS it stays as it is. */
  readonly tls: boolean
}

interface Part {
  readonly because: readonly string[]
  readonly settings: PostgresSettings
}

/**
 * The fragment of postgresql.conf that a cluster needs. Limits of statements are no part of it: they are set on the logins, since one for the whole server
 * stops backups, migrations and the building of indexes as well.
 */
export function postgresFragment({ cluster, folder, tls }: PostgresProposal): string {
  const file = (name: string): string => (folder === undefined ? name : `${folder}/${name}`)
  const parts: readonly Part[] = [
    {
      because: ['Passwords are kept as SCRAM verifiers: who reads them cannot log in with them.'],
      settings: { password_encryption: 'scram-sha-256' },
    },
    ...(tls
      ? [
          {
            because: [
              'Whoever connects can verify who answers. A reload is enough after a certificate has been renewed; nobody but the server may read the key.',
            ],
            settings: {
              ssl: true,
              ssl_cert_file: file('server.crt'),
              ssl_key_file: file('server.key'),
              ssl_min_protocol_version: 'TLSv1.3',
            },
          },
        ]
      : []),
    {
      because: [
        'A client that is gone does not go on writing, and its locks are given back. The limits of statements and of idle transactions are not here:',
        '`cluster add` sets them on the logins, since one for the whole server stops backups and the building of indexes as well.',
      ],
      settings: { client_connection_check_interval: '1s', tcp_keepalives_idle: 30, tcp_keepalives_interval: 10, tcp_keepalives_count: 3 },
    },
    {
      because: ['Making, dropping or dumping a home locks all its tables at once. (Needs a restart.)'],
      settings: { max_locks_per_transaction: 256 },
    },
    {
      because: [
        'The log never shows what tenants store: no bind parameters, not those of statements that fail either, and no details of errors, which quote rows.',
        'Statements as such are not logged: those that make logins hold verifiers.',
      ],
      settings: {
        log_parameter_max_length: 0,
        log_parameter_max_length_on_error: 0,
        log_error_verbosity: 'terse',
        log_statement: 'none',
        log_min_duration_statement: '1s',
      },
    },
    {
      because: ['It does show who was there, and what held others up.'],
      settings: {
        log_line_prefix: '%m [%p] %q%u@%d %a %h ',
        log_connections: true,
        log_disconnections: true,
        log_lock_waits: true,
        log_temp_files: '64MB',
      },
    },
  ]
  const head = [
    `# What Tenantry needs of the server of cluster ${cluster}. Write it to a file beside postgresql.conf, and at the end of that:`,
    "#   include 'tenantry.conf'",
  ]
  const texts = parts.map(({ because, settings }) => `${because.map((line) => `# ${line}\n`).join('')}${settingsText(settings)}`)
  return `${head.join('\n')}\n\n${texts.join('\n')}`
}
