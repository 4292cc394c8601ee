import { z } from 'zod'
import { integer, limit, list, network, port, text, url, variable, workers } from './fields.js'
import { NATS_VARIABLES } from './nats-variables.js'

/** Every variable of the environment, in the order of `--help` and of the table in README. */
export const VARIABLES = {
  HERMES_HOST: variable(text, '127.0.0.1', 'Address that the listeners bind'),
  HERMES_IDENTITY_PORT: variable(port, '8443', 'Port of the identity listener; 0 picks a free one'),
  HERMES_HUB_PORT: variable(port, '9443', 'Port of the hub listener; 0 picks a free one'),
  HERMES_HOSTNAMES: variable(
    list.refine((names) => names.length > 0, 'must name at least one host'),
    'localhost,127.0.0.1,::1',
    'Names and addresses in the server certificate, separated by commas',
  ),
  HERMES_TRUST_DOMAIN: variable(
    z.string().regex(/^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/, 'must be a domain name in lower case'),
    null,
    'The part after @ in acct: names; by default the first host name, or one made from the root fingerprint; fixed at first start',
  ),
  HERMES_IDENTITY_URL: variable(url('https://'), null, 'URL of the identity listener as clients see it'),
  HERMES_HUB_URL: variable(url('https://'), null, 'URL of the hub listener as clients see it'),
  HERMES_PKI_URL: variable(
    url('http://', 'https://'),
    null,
    'URL of CRLs, OCSP and issuers as certificates say it; by default that of HERMES_PKI_HTTP_PORT, else of the identity listener',
  ),
  HERMES_PKI_HTTP_PORT: variable(
    port,
    null,
    'Port of a listener without TLS for CRLs, OCSP and issuers alone; 0 picks a free one',
  ),
  HERMES_METRICS_PORT: variable(
    port,
    null,
    'Port of /metrics for Prometheus, on 127.0.0.1 alone, without TLS; 0 picks a free one',
  ),
  HERMES_CERTS_DIR: variable(text, './certs', 'Folder of the CA and server keys and certificates'),
  HERMES_DATABASE_URL: variable(
    z.string().regex(/^(file:|postgres(ql)?:\/\/).+/, 'must begin with file: (SQLite) or postgresql:// (PostgreSQL)'),
    'file:./data/hermes.db',
    'The database: file: and the path of a SQLite file, or a URL postgresql://…',
  ),
  HERMES_DATABASE_CONNECTIONS: variable(integer(1, 1000), '8', 'Connections to PostgreSQL that read; one more writes'),
  HERMES_DATABASE_TIMEOUT_SECONDS: variable(
    integer(1, 300),
    '10',
    'How long a statement of PostgreSQL may take; a lock or a connection is waited for half as long',
  ),
  HERMES_ADMIN_SOCKET: variable(
    text,
    null,
    'Unix socket for "hermes admin"; by default beside the SQLite file, or admin.sock in HERMES_CERTS_DIR',
  ),
  ...NATS_VARIABLES,
  HERMES_CA_PASSPHRASE_FILE: variable(text, null, 'File whose first line encrypts the CA keys at rest'),
  HERMES_TLS_CERT_FILE: variable(text, null, 'Certificate chain (PEM) of your own for the identity listener'),
  HERMES_TLS_KEY_FILE: variable(text, null, 'Key (PEM) of that certificate'),
  HERMES_CERTIFICATE_DAYS: variable(integer(1, 825), '90', 'Life of a user certificate, in days'),
  HERMES_CRL_HOURS: variable(integer(1, 240), '24', 'Hours until the next update that a CRL promises'),
  HERMES_OCSP_MINUTES: variable(integer(1, 1440), '60', 'Minutes for which an OCSP answer is good'),
  HERMES_OCSP_REQUEST_BYTES: variable(integer(256, 65_536), '4096', 'Largest OCSP request'),
  HERMES_OCSP_CERTIFICATES_MAX: variable(integer(1, 64), '8', 'Certificates that one OCSP request may ask about'),
  HERMES_CERTIFICATES_PER_HOUR: variable(limit, '20', 'Renewals and recoveries of one user in an hour; 0 = no limit'),
  HERMES_SUPERSEDE_MINUTES: variable(integer(0, 1440), '10', 'Minutes a certificate is good beside one of a new key'),
  HERMES_RENEWAL_GRACE_DAYS: variable(integer(0, 365), '30', 'Days after its end in which a certificate may renew'),
  HERMES_DELETION_DAYS: variable(integer(1, 30), '7', 'Days until an account is deleted by password'),
  HERMES_INVITATION_DAYS: variable(integer(1, 30), '7', 'Life of an invitation, in days'),
  HERMES_RETENTION_DAYS: variable(integer(7, 36_500), '30', 'Days for which messages are kept'),
  HERMES_CLOCK_GRACE_HOURS: variable(
    integer(0, 720),
    '24',
    'Hours of running after which a clock that went ahead is believed, and what is old by it removed; 0 = at once',
  ),
  HERMES_BCRYPT_COST: variable(integer(10, 15), '12', 'Cost of password hashes'),
  HERMES_PASSWORD_WORKERS: variable(workers, 'cores', 'Threads that hash passwords; cores is one for each core'),
  HERMES_PASSWORD_QUEUE: variable(integer(1, 1024), '16', 'Passwords waiting for each worker before 503 busy'),
  HERMES_PASSWORD_QUEUE_PER_ADDRESS: variable(
    integer(1, 1024),
    '8',
    'Passwords waiting from one address before 503 busy',
  ),
  HERMES_PASSWORDS_PER_MINUTE: variable(
    integer(0, 1_000_000),
    '30',
    'Passwords checked for one address in a minute; 0 = no limit',
  ),
  HERMES_LOGIN_FAILURES: variable(
    integer(0, 1_000_000),
    '5',
    'Wrong passwords for one account from one address in 15 minutes before they are locked; 0 = no limit',
  ),
  HERMES_REGISTRATIONS_PER_HOUR: variable(
    integer(0, 1_000_000),
    '20',
    'Attempts to register from one address in an hour; 0 = no limit',
  ),
  HERMES_ADDRESSES_PER_SITE: variable(
    integer(0, 65_536),
    '16',
    'How many times what one address may a /48 of IPv6 may, of passwords and attempts to register; 0 = no limit',
  ),
  HERMES_RESERVED_USERNAMES: variable(
    list,
    'admin,administrator,root,hermes,system,support,server,ca,est,hub,operator,security,postmaster,hostmaster,webmaster,abuse,nobody,anonymous',
    'Usernames that nobody may register, separated by commas',
  ),
  HERMES_ESCROW_SHA256_ITERATIONS: variable(
    integer(10_000, 10_000_000),
    '600000',
    'Least PBKDF2-HMAC-SHA256 iterations of a locked private key',
  ),
  HERMES_ESCROW_SHA512_ITERATIONS: variable(
    integer(10_000, 10_000_000),
    '220000',
    'Least PBKDF2-HMAC-SHA512 iterations of a locked private key',
  ),
  HERMES_REQUESTS_PER_SECOND: variable(
    integer(0, 1_000_000),
    '60',
    'Hub requests of one user in a second, ack excepted; 0 = no limit',
  ),
  HERMES_REQUESTS_BURST: variable(integer(1, 1_000_000), '120', 'Hub requests of one user at once'),
  HERMES_MEMBERS_MAX: variable(integer(2, 512), '512', 'Members and open invitations of one conversation'),
  HERMES_CONVERSATION_INVITATIONS_MAX: variable(
    integer(1, 65_536),
    '4096',
    'Invitations that one conversation may have had in all',
  ),
  HERMES_STARTS_PER_HOUR: variable(limit, '60', 'Conversations that one user may start in an hour; 0 = no limit'),
  HERMES_OPEN_INVITATIONS_MAX: variable(limit, '100', 'Open invitations that one user may have made; 0 = no limit'),
  HERMES_OPEN_INVITATIONS_TO_ONE_MAX: variable(limit, '5', 'Those of them that are to one person; 0 = no limit'),
  HERMES_MEMBERSHIPS_MAX: variable(limit, '1000', 'Conversations that one user may be a member of; 0 = no limit'),
  HERMES_STORED_BYTES_MAX: variable(
    integer(0, 999_999_999_999_999),
    '1073741824',
    'Bytes that what one sender stored may take: messages while they are kept, invitations for as long; 0 = no limit',
  ),
  HERMES_DEVICES_MAX: variable(integer(1, 1024), '16', 'Devices of one user'),
  HERMES_SOCKETS_PER_USER: variable(
    integer(0, 65_536),
    '64',
    'Sockets that one user may have open on the hub listener, WebSockets included; 0 = no limit',
  ),
  HERMES_WINDOW_EVENTS: variable(integer(1, 65_536), '256', 'Events a connection may leave unacknowledged'),
  HERMES_WINDOW_BYTES: variable(
    integer(65_536, 1_073_741_824),
    '1048576',
    'Bytes of events a connection may leave unacknowledged',
  ),
  HERMES_SLOW_SECONDS: variable(
    integer(1, 3600),
    '60',
    'Seconds a full window may stay without an ack before close 4430',
  ),
  HERMES_HEARTBEAT_SECONDS: variable(integer(1, 3600), '25', 'Seconds between pings; silence for two closes with 4408'),
  HERMES_ALLOWED_ORIGINS: variable(list, '', 'Origins of web pages that may use the hub, separated by commas'),
  HERMES_TRUSTED_PROXIES: variable(
    list.refine(
      (items) => items.every((item) => network.safeParse(item).success),
      'must be addresses, or networks such as 10.0.0.0/8',
    ),
    '',
    'Addresses or networks whose X-Forwarded-For is believed, separated by commas',
  ),
  HERMES_BODY_BYTES: variable(integer(65_536, 16_777_216), '1048576', 'Largest body of a request to the hub'),
  HERMES_IDENTITY_BODY_BYTES: variable(
    integer(65_536, 16_777_216),
    '65536',
    'The same of the identity listener, where anybody may send one',
  ),
  HERMES_CONNECTION_SECONDS: variable(
    integer(1, 3600),
    '30',
    'Seconds for a TLS handshake, and for a whole request to arrive',
  ),
  HERMES_DRAIN_SECONDS: variable(
    integer(0, 3600),
    '25',
    'Seconds that clients have to go elsewhere when the server is told to stop',
  ),
  HERMES_LOG_LEVEL: variable(
    z.enum(
      ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
      'must be fatal, error, warn, info, debug, trace or silent',
    ),
    'info',
    'fatal, error, warn, info, debug, trace or silent',
  ),
} as const
