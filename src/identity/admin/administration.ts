import type {
  Account,
  AccountDetails,
  AdministratorRevokeRequest,
  AuditList,
  AuditQuery,
  AuditVerification,
  AuditVerificationQuery,
  CertificateList,
  CertificatesQuery,
  IssuedCertificateDetails,
  OwnAuditQuery,
  RevokedCertificates,
  Role,
  UserList,
  UsersQuery,
} from '../../wire/administration.js'
import { disableUser, enableUser, grantRole, revokeOfUser, unlockUser } from './acts.js'
import { listAudit, listAuditAbout, verifyAudit } from './audit.js'
import { listCertificates, showCertificate } from './certificates.js'
import type { ActDependencies, Administrator } from './dependencies.js'
import { listUsers, showUser } from './users.js'

/** What administrators do, whichever way they come. */
export interface Administration {
  listUsers(query: UsersQuery): Promise<UserList>
  showUser(username: string): Promise<AccountDetails>
  listCertificates(query: CertificatesQuery): Promise<CertificateList>
  showCertificate(name: string): Promise<IssuedCertificateDetails>
  listAudit(query: AuditQuery): Promise<AuditList>
  /** What is written down about the one who asks. */
  listOwnAudit(username: string, query: OwnAuditQuery): Promise<AuditList>
  verifyAudit(query: AuditVerificationQuery): Promise<AuditVerification>
  grant(username: string, role: Role): Promise<Account>
  disable(username: string, by: Administrator): Promise<Account>
  enable(username: string, by: Administrator): Promise<Account>
  unlock(username: string, by: Administrator): Promise<Account>
  revoke(username: string, request: AdministratorRevokeRequest, by: Administrator): Promise<RevokedCertificates>
}

export function createAdministration(dependencies: ActDependencies): Administration {
  return {
    listUsers: (query) => listUsers(dependencies, query),
    showUser: (username) => showUser(dependencies, username),
    listCertificates: (query) => listCertificates(dependencies, query),
    showCertificate: (name) => showCertificate(dependencies, name),
    listAudit: (query) => listAuditAbout(dependencies, query),
    listOwnAudit: (username, query) => listAudit(dependencies.audit, username, query),
    verifyAudit: ({ head }) => verifyAudit(dependencies.audit, head ?? null),
    grant: (username, role) => grantRole(dependencies, username, role),
    disable: (username, by) => disableUser(dependencies, username, by),
    enable: (username, by) => enableUser(dependencies, username, by),
    unlock: (username, by) => unlockUser(dependencies, username, by),
    revoke: (username, request, by) => revokeOfUser(dependencies, username, request, by),
  }
}
