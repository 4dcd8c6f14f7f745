export { poolOf, type TenantPool, type TenantPoolOptions, tenantPool } from '../pool/tenant-pool.js'
