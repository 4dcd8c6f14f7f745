export { CONTRACT_HIDDEN, CONTRACT_MIGRATIONS } from './testing/contract-project.js'
export { type Fleet, type FleetOptions, startFleet } from './testing/fleet.js'
export { type ContractCase, type ContractSubject, ISOLATION_CONTRACT } from './testing/isolation-contract.js'
export { addMigration } from './testing/project-files.js'
