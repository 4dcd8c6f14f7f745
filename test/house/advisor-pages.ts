import { LINT_IDS, type LintId } from '../../src/isolation/advisor/ids.js'
import { RULES } from '../../src/isolation/advisor/rules.js'
import { CHECKS } from '../../src/isolation/doctor/finding.js'

/** Supabase's splinter, rule by rule: what says the same here, or why nothing does. */
export const SPLINTER: Readonly<Record<string, readonly [name: string, here: readonly LintId[] | string]>> = {
  '0001': ['unindexed_foreign_keys', ['SP01']],
  '0002': ['auth_users_exposed', "Supabase's own: its schema auth"],
  '0003': ['auth_rls_initplan', ['TL11']],
  '0004': ['no_primary_key', ['TL05', 'SP04']],
  '0005': ['unused_index', 'left out: one tenant uses an index that another never does, and a new home has used none'],
  '0006': ['multiple_permissive_policies', ['TL07']],
  '0007': ['policy_exists_rls_disabled', ['TL01', 'SP08']],
  '0008': ['rls_enabled_no_policy', ['TL08', 'SP08']],
  '0009': ['duplicate_index', ['SP09']],
  '0010': ['security_definer_view', ['TL12']],
  '0011': ['function_search_path_mutable', ['TL18', 'SP11']],
  '0012': ['auth_allow_anonymous_sign_ins', "Supabase's own: its sign-in"],
  '0013': ['rls_disabled_in_public', ['TL01']],
  '0014': ['extension_in_public', ['SP14']],
  '0015': ['rls_references_user_metadata', "Supabase's own: claims of its tokens. Policies here are Tenantry's alone (TL07)"],
  '0016': ['materialized_view_in_api', ['TL13']],
  '0017': ['foreign_table_in_api', ['TL28']],
  '0018': ['unsupported_reg_types', ['SP18']],
  '0019': ['insecure_queue_exposed_in_api', "Supabase's own: its queues"],
  '0020': ['table_bloat', 'left out: an estimate that comes and goes with autovacuum; a matter of monitoring'],
  '0021': ['fkey_to_auth_unique', "Supabase's own: its schema auth"],
  '0022': ['extension_versions_outdated', ['SP22']],
  '0023': ['sensitive_columns_exposed', ['SP23']],
  '0024': ['rls_policy_always_true', ['TL07', 'TL08']],
  '0025': ['public_bucket_allows_listing', "Supabase's own: its storage"],
  '0026': ['pg_graphql_anon_table_exposed', "Supabase's own: its GraphQL"],
  '0027': ['pg_graphql_authenticated_table_exposed', "Supabase's own: its GraphQL"],
  '0028': ['anon_security_definer_function_executable', ['TL18', 'TL29']],
  '0029': ['authenticated_security_definer_function_executable', ['TL18', 'TL29']],
  '0030': ['invalid_index', ['SP30']],
}

const cell = (text: string): string => text.replaceAll('|', '\\|')
const link = (lint: LintId): string => `[${lint}](#${lint.toLowerCase()})`

/** docs/advisor.md */
export function advisorPage(): string {
  const rows = LINT_IDS.map((id) => {
    const { title, why, fix, checks, gate } = RULES[id]
    const severities = [...new Set(checks.map((check) => CHECKS[check][0]))].join(', ')
    const found = [checks.map((check) => `\`${check}\``).join(', '), ...(gate ? ['the gate'] : [])].join('; ')
    return `| <a id="${id.toLowerCase()}"></a>${id} | ${severities} | ${cell(title)} | ${cell(why)} | ${cell(fix)} | ${found} |`
  })
  const splinter = Object.entries(SPLINTER).map(
    ([number, [name, here]]) => `| ${number} \`${name}\` | ${typeof here === 'string' ? here : here.map(link).join(', ')} |`,
  )
  return `# The isolation advisor

Rules that a database full of tenants must keep, looked for in the live catalog of every tenant-bearing database and of its server. They are a part of
[the doctor](doctor.md): \`tenantry doctor\` prints the rule's id beside each finding, with the reason and what mends it. That is SQL wherever there is
such; findings that \`tenantry doctor --fix\` can repair say so. The gate refuses a [migration](migrations.md#before-the-commit-the-gate) that breaks one of its rules,
with the id in parentheses.

- **error**: rows of a tenant can be read, written or held up by another, or the next mistake makes it so.
- **warning**: a wall less than there could be.
- **advice**: about speed and order. It ends \`tenantry doctor\` with 1 only when \`--fail-on advice\` asks for it. What is true of all homes, which have one shape, is told once:
  the statement is of the first home and belongs into a migration.

Each rule is looked at once, by the check that is named, with a fixed number of statements per database, however many homes are in it.

| rule | severity | what must hold | why | what mends it | found by |
|---|---|---|---|---|---|
${rows.join('\n')}

## Supabase's splinter

The general rules of [splinter](https://github.com/supabase/splinter) hold here as well. Some are Supabase's own, or say nothing about tenants.

| splinter | here |
|---|---|
${splinter.join('\n')}

This page is made from \`src/isolation/advisor/rules.ts\`.
`
}
