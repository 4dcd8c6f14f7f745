import { script } from './redis-line.js'

// What is true of a tenant is one key: its epoch, since when (in milliseconds, by Redis), in which run of Redis, and a word that occurs once. What is
// true of a tag is such a word. Together they are the stamp of a reading. A word is never used again, so what was lost, evicted or flushed makes void
// what was kept under it; and a value that was loaded before a change carries the word of before, whenever it arrives.
// All that holds while Redis forgets nothing that it was told. One that was started anew may be as it was minutes ago, with the words of then, and a
// replica that took over may not have heard of all. Each run of a server has an id, so the word of another run is not believed. Where INFO is
// forbidden the id is '-', and not looked at.
const RUN = `
local info = redis.pcall('info', 'server')
local run = type(info) == 'string' and string.match(info, 'run_id:(%w+)') or '-'
`

const STAMP = `${RUN}
local now = redis.call('time')
now = now[1] * 1000 + math.floor(now[2] / 1000)
local function stamp_of(keys, first, epoch, doubt, fresh, life)
  local tenant = redis.call('get', keys[first])
  local known, since, of
  if tenant then known, since, of = string.match(tenant, '^(%d+) (%d+) (%S+) ') end
  if known and tonumber(known) > tonumber(epoch) then return nil end
  if not known or tonumber(known) < tonumber(epoch) or (run ~= '-' and of ~= run) or (tonumber(doubt) >= 0 and now - since >= tonumber(doubt)) then
    if not fresh then return nil end
    tenant = epoch .. ' ' .. string.format('%.0f', now) .. ' ' .. run .. ' ' .. fresh
    redis.call('set', keys[first], tenant, 'px', life)
  end
  local words = { tenant }
  for i = first + 1, #keys do
    local word = redis.call('get', keys[i])
    if not word then
      if not fresh then return nil end
      word = fresh
      redis.call('set', keys[i], word, 'px', life)
    end
    words[#words + 1] = word
  end
  return table.concat(words, ',') .. '\\n'
end
local function begins(text, stamp) return text and string.sub(text, 1, #stamp) == stamp end
`

/** KEYS: entry, lease, tenant, tags…; ARGV: epoch, doubt (-1: none), fresh word, life of words, life of a lease. */
export const READ = script(`${STAMP}
local stamp = stamp_of(KEYS, 3, ARGV[1], ARGV[2], ARGV[3], ARGV[4])
if not stamp then return { 'bypass' } end
local entry = redis.call('get', KEYS[1])
if begins(entry, stamp) then return { 'hit', stamp, string.sub(entry, #stamp + 1) } end
if begins(redis.call('get', KEYS[2]), stamp) then return { 'wait', stamp } end
redis.call('set', KEYS[2], stamp .. ARGV[3], 'px', ARGV[5])
return { 'load', stamp }`)

/** KEYS as in READ; ARGV: epoch, stamp, lease, time to live (0: only gives the lease back), value. */
export const WRITE = script(`${STAMP}
if begins(redis.call('get', KEYS[2]), ARGV[2] .. ARGV[3]) and ARGV[3] ~= '' then redis.call('del', KEYS[2]) end
if ARGV[4] == '0' or stamp_of(KEYS, 3, ARGV[1], -1, nil, 0) ~= ARGV[2] then return { 'void' } end
redis.call('set', KEYS[1], ARGV[2] .. ARGV[5], 'px', ARGV[4])
return { 'kept' }`)

/** KEYS: tags…; ARGV: fresh word, life of words. */
export const VOID_TAGS = script(`
for i = 1, #KEYS do redis.call('set', KEYS[i], ARGV[1], 'px', ARGV[2]) end
return { 'void' }`)

/** KEYS: tenant; ARGV: epoch, fresh word, life of words. An epoch that is newer stays. */
export const VOID_TENANT = script(`${RUN}
local now = redis.call('time')
local known = string.match(redis.call('get', KEYS[1]) or '', '^(%d+) ')
local epoch = ARGV[1]
if known and tonumber(known) > tonumber(epoch) then epoch = known end
local since = string.format('%.0f', now[1] * 1000 + math.floor(now[2] / 1000))
redis.call('set', KEYS[1], epoch .. ' ' .. since .. ' ' .. run .. ' ' .. ARGV[2], 'px', ARGV[3])
return { 'void' }`)
