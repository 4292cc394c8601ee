import type {
  AccountDetails,
  CertificateList,
  CertificatesQuery,
  IssuedCertificateDetails,
  UserList,
  UsersQuery,
} from '../../wire/administration.js'
import { listCertificates, showCertificate } from './certificates.js'
import type { AdministrationDependencies } from './dependencies.js'
import { listUsers, showUser } from './users.js'

/** What administrators do, whichever way they come. */
export interface Administration {
  listUsers(query: UsersQuery): Promise<UserList>
  showUser(username: string): Promise<AccountDetails>
  listCertificates(query: CertificatesQuery): Promise<CertificateList>
  showCertificate(name: string): Promise<IssuedCertificateDetails>
}

export function createAdministration(dependencies: AdministrationDependencies): Administration {
  return {
    listUsers: (query) => listUsers(dependencies, query),
    showUser: (username) => showUser(dependencies, username),
    listCertificates: (query) => listCertificates(dependencies, query),
    showCertificate: (name) => showCertificate(dependencies, name),
  }
}
