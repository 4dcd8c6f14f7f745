import { databaseKey, oneLine, type PoolTarget, targetText } from './pgbouncer-files.js'

/** A user of the pooler whose password is not asked of the server, by a reference to it. */
export interface ListedUser {
  readonly user: string
  /** `env:NAME` or `file:path`. */
  readonly secret: string
}

export interface PgBouncerProposal {
  readonly cluster: string
  readonly server: PoolTarget
  readonly listen: { readonly address: string; readonly port: number }
  /** Where its files are: server.crt, server.key, root.crt, userlist.txt. */
  readonly folder: string
  /** Do applications come over TLS? */
  readonly clientTls: boolean
  readonly serverTls: 'disable' | 'require' | 'verify-ca' | 'verify-full'
  /** The authorities of the server: a file of the folder, or those of the system. */
  readonly serverCa: string
  /** Who asks the server for verifiers, and how; undefined where all logins are listed. */
  readonly asks: { readonly user: string; readonly query: string } | undefined
  readonly listed: readonly ListedUser[]
  readonly maxClients: number
  /** Connections of the server for each pair of login and database. */
  readonly poolSize: number
  /** Connections of the server in all, divided over this many logins. */
  readonly serverConnections: number
  readonly logins: number
}

type Line = readonly [name: string, value: string | number]

/** The text of pgbouncer.ini. It has no setting that PgBouncer 1.18 does not know. */
export function pgBouncerFragment(proposal: PgBouncerProposal): string {
  const { cluster, server, folder, listed } = proposal
  const openFiles = Math.ceil((proposal.maxClients + 2 * proposal.serverConnections + 128) / 100) * 100
  const head = [
    `PgBouncer in front of cluster ${cluster}.`,
    `This file is ${folder}/pgbouncer.ini. Nothing in it is a secret; the passwords that it logs in with are in userlist.txt, which you make by`,
    `  ${userlistCommand(folder, listed)}`,
    'In the clear, since by a verifier nobody can log in: so nobody but the pooler may read it.',
    `It opens a file for each client and each connection of the server. Let it: LimitNOFILE=${openFiles} in its unit, or clients hang.`,
  ]
  const parts: readonly (readonly [because: readonly string[], lines: readonly Line[]])[] = [
    [
      ['Applications connect here.'],
      [
        ['listen_addr', proposal.listen.address],
        ['listen_port', proposal.listen.port],
        ['unix_socket_dir', ''],
      ],
    ],
    [
      [
        'A connection of the server is lent for one transaction: every scope is one. Nothing is set at session level, so nothing is left behind.',
      ],
      [['pool_mode', 'transaction']],
    ],
    [clientTlsWords(proposal.clientTls), clientTls(proposal)],
    [serverTlsWords(proposal.serverTls), serverTls(proposal)],
    [authWords(proposal.asks !== undefined), auth(proposal)],
    [
      [
        'Parameters of a start are neither ignored nor followed from client to client: what a scope needs travels with it. Both are left out on purpose;',
        'ignore_startup_parameters and track_extra_parameters have been ways in (docs/versions.md).',
      ],
      [],
    ],
    [
      [
        'There is a pool for each pair of login and database. The bound for all databases of a login keeps the sum of those that serve many tenants below',
        'max_connections of the server; a login of a single home is bounded by the server besides, at 50 connections or what its tier says.',
      ],
      [
        ['max_client_conn', proposal.maxClients],
        ['default_pool_size', proposal.poolSize],
        ['max_user_connections', Math.max(1, Math.floor(proposal.serverConnections / proposal.logins))],
        ['server_idle_timeout', 60],
      ],
    ],
    [
      [
        'Who waits too long is told; who connects and does not log in is cut off; a server that was restarted is tried again after a second.',
        'There is no query_timeout: it would end migrations and backups. The server cancels statements by the limits of logins and tenants.',
      ],
      [
        ['query_wait_timeout', 30],
        ['client_login_timeout', 15],
        ['server_connect_timeout', 5],
        ['server_login_retry', 1],
      ],
    ],
    [
      ['A peer that is gone without a word is noticed.'],
      [
        ['tcp_keepalive', 1],
        ['tcp_keepidle', 30],
        ['tcp_keepintvl', 10],
        ['tcp_keepcnt', 3],
      ],
    ],
  ]
  return [
    comments(head),
    '',
    '[databases]',
    comments(['Whatever database is asked for: the server decides whether it is there, and who may connect.']),
    `${databaseKey('*')} = ${targetText(server)}`,
    '',
    '[pgbouncer]',
    ...parts.map(([because, lines]) =>
      [comments(because), ...lines.map(([name, value]) => `${name} = ${oneLine(name, String(value))}`), ''].join('\n'),
    ),
  ].join('\n')
}

// Nothing may stand behind a value: PgBouncer would take it for a part of it.
const comments = (lines: readonly string[]): string => lines.map((line) => `; ${oneLine('a comment', line)}`).join('\n')

/** A command for a shell that puts the passwords where they belong, without showing them to anybody. */
export function userlistCommand(folder: string, listed: readonly ListedUser[]): string {
  const words = listed.map(({ user, secret }) => {
    const read = secret.startsWith('env:') ? `printf %s "$${secret.slice(4)}"` : `cat ${shellWord(secret.slice(5))}`
    // In the file a quotation mark is written twice.
    return `${user} "$(${read} | sed 's/"/""/g')"`
  })
  return `(umask 077; printf '"%s" "%s"\\n' ${words.join(' ')} > ${shellWord(`${folder}/userlist.txt`)})`
}

const shellWord = (text: string): string => (/^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`)

const clientTlsWords = (tls: boolean): readonly string[] =>
  tls
    ? ['Applications come over TLS, and verify by its certificate that it is this pooler.']
    : ['Applications come without TLS, as the cluster was registered: keep them on this machine.']

const clientTls = ({ clientTls: tls, folder }: PgBouncerProposal): readonly Line[] =>
  tls
    ? [
        ['client_tls_sslmode', 'require'],
        ['client_tls_cert_file', `${folder}/server.crt`],
        ['client_tls_key_file', `${folder}/server.key`],
        ['client_tls_protocols', 'secure'],
      ]
    : [['client_tls_sslmode', 'disable']]

const serverTlsWords = (mode: PgBouncerProposal['serverTls']): readonly string[] =>
  mode === 'verify-full'
    ? ['The server must prove that it is the one: before 1.20 PgBouncer would not even ask for TLS.']
    : [`The server is reached as the control plane reaches it, with sslmode=${mode}.`]

const serverTls = ({ serverTls: mode, serverCa }: PgBouncerProposal): readonly Line[] => [
  ['server_tls_sslmode', mode],
  ...(mode === 'disable' ? [] : [['server_tls_ca_file', serverCa] as const, ['server_tls_protocols', 'secure'] as const]),
]

const authWords = (asks: boolean): readonly string[] =>
  asks
    ? [
        "The verifiers of logins are asked of the database that a client wants, by a function that answers for the application's logins alone. The role that",
        'asks may also look at the admin console (its version, for the doctor), and change nothing there.',
      ]
    : [
        'Logins are listed in userlist.txt: without a superuser nobody could ask the server for their verifiers. After a rotation, write it anew.',
      ]

const auth = ({ asks, folder }: PgBouncerProposal): readonly Line[] => [
  ['auth_type', 'scram-sha-256'],
  ['auth_file', `${folder}/userlist.txt`],
  ...(asks === undefined
    ? []
    : [['auth_user', asks.user] as const, ['auth_query', asks.query] as const, ['stats_users', asks.user] as const]),
]
