import { ActionIcon, Anchor, Badge, Button, Group, Menu, Stack, Switch, Text, TextInput, Title } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useClient } from 'urql';
import { grouped, readRecipient } from '../api/numbers';
import { AddContactDocument, ContactsDocument, type ContactsQuery, RemoveContactDocument, RenameContactDocument, SetIncomingDocument, UnblockDocument } from '../gql/graphql';
import { of, Problems, useAct } from '../ui/act';
import { BlockDialog, Blocked } from '../ui/block';
import { Dialog } from '../ui/dialog';
import { MoreIcon } from '../ui/icons';
import { useLiveQuery } from '../ui/live-query';
import { oneLine } from '../ui/one-line';
import { useMore } from '../ui/more';
import { Empty, Page, Waiting } from '../ui/parts';
import { useToggle } from '../ui/toggle';

type Contact = NonNullable<ContactsQuery['viewer']>['contacts']['nodes'][number];
type Asked = { add: string } | { rename: Contact };

export default function Contacts() {
  const { t } = useTranslation();
  const client = useClient();
  const [{ data, error, fetching, stale }, again] = useLiveQuery(ContactsDocument, {});
  const older = useMore(data?.viewer?.contacts, 'contacts', fetching || stale, async (after) => {
    const next = await client.query(ContactsDocument, { after }, { requestPolicy: 'network-only' });
    return { rows: next.data?.viewer?.contacts, error: next.error };
  });
  const [asked, setAsked] = useState<Asked>();
  const remove = useAct(RemoveContactDocument);
  const unblock = useAct(UnblockDocument);
  const [toBlock, setToBlock] = useState<Contact>();
  const [justBlocked, setJustBlocked] = useState('');
  const me = data?.viewer;
  if (!me) return <Page title={t('contacts')}>{error ? <Problems error={error} retry={again} /> : <Waiting />}</Page>;
  const isBlocked = new Set(me.blockedAccounts.map(({ wmid }) => wmid));
  const add = <Button onClick={() => setAsked({ add: '' })}>{t('addContact')}</Button>;
  return (
    <Page title={t('contacts')} aside={me.contacts.nodes.length > 0 && add}>
      <Problems problems={[...remove.problems, ...unblock.problems]} error={remove.error ?? unblock.error} />
      {justBlocked && <Blocked name={justBlocked} />}
      {me.contacts.nodes.length === 0 ? <Empty title={t('contactsEmpty')} hint={t('contactsHint')} action={add} /> : (
        <section className="panel" aria-label={t('contacts')}>
          {[...me.contacts.nodes, ...older.nodes].map((c) => (
            <Row key={c.id} contact={c} isBlocked={isBlocked.has(c.wmid)} onRename={() => setAsked({ rename: c })} onBlock={() => { setJustBlocked(''); setToBlock(c); }}
              onRemove={async () => { await remove.run({ input: { contactId: c.id } }); again(); }} onUnblock={async () => { setJustBlocked(''); await unblock.run({ input: { wmid: c.wmid } }); again(); }} />
          ))}
          <Problems error={older.error} />
          {older.hasMore && <Button variant="default" mt="sm" fullWidth loading={older.busy} onClick={older.more}>{t('loadMore')}</Button>}
        </section>
      )}
      {me.suggestedContacts.length > 0 && (
        <section className="panel" aria-labelledby="lately">
          <Title order={2} size="h4" id="lately">{t('paidLately')}</Title>
          {me.suggestedContacts.map((c) => (
            <Group key={c.wmid} justify="space-between" py="xs" className="item" data-testid="suggested">
              <div className="beside"><Text>{c.displayName}</Text><Text size="sm" c="dimmed">{grouped(c.wmid)}</Text></div>
              <Button variant="default" flex="none" aria-label={`${t('add')}: ${c.displayName}`} onClick={() => setAsked({ add: c.wmid })}>{t('add')}</Button>
            </Group>
          ))}
        </section>
      )}
      <section className="panel">
        <OnlyContacts actual={me.incomingPolicy === 'CONTACTS'} onChange={again} />
        <Anchor component={Link} to="/settings/blocked" underline="always" className="back" mt="xs">{t('blockedTitle')}</Anchor>
      </section>
      <Dialog opened={!!asked} onClose={() => setAsked(undefined)} title={asked && 'rename' in asked ? t('rename') : t('addContact')}>
        {asked && <Edit asked={asked} onDone={() => { setAsked((now) => (now === asked ? undefined : now)); again(); }} />}
      </Dialog>
      <BlockDialog person={toBlock} onClose={() => setToBlock(undefined)} onDone={(of) => { setToBlock((now) => (now === toBlock ? undefined : now)); setJustBlocked(of.name); again(); }} />
    </Page>
  );
}

type RowProps = { contact: Contact; isBlocked: boolean; onRename: () => void; onRemove: () => void; onBlock: () => void; onUnblock: () => void };

function Row({ contact: c, isBlocked, onRename, onRemove, onBlock, onUnblock }: RowProps) {
  const { t } = useTranslation();
  return (
    <Group justify="space-between" py="sm" className="item" data-testid="contact">
      <div className="who">
        <Group gap="xs"><Text fw={500}>{c.name}</Text>{isBlocked && <Badge variant="light" color="red">{t('blockedMark')}</Badge>}</Group>
        <Text size="sm" c="dimmed">{c.displayName}</Text>
        <Text size="sm" c="dimmed">{grouped(c.walletNumber ?? c.wmid)}</Text>
      </div>
      <Group gap="xs" ml="auto">
        <Button variant="light" component={Link} to={`/send?to=${c.walletNumber ?? c.wmid}`} aria-label={t('sendTo', { name: c.name })}>{t('send')}</Button>
        <Menu position="bottom-end" shadow="md" withInitialFocusPlaceholder={false}>
          <Menu.Target><ActionIcon size={44} variant="default" aria-label={`${t('more')}: ${c.name}`}><MoreIcon /></ActionIcon></Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={onRename}>{t('rename')}</Menu.Item>
            <Menu.Item onClick={onRemove}>{t('remove')}</Menu.Item>
            <Menu.Item onClick={isBlocked ? onUnblock : onBlock}>{t(isBlocked ? 'unblock' : 'block')}</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </Group>
    </Group>
  );
}

function OnlyContacts({ actual, onChange }: { actual: boolean; onChange: () => void }) {
  const { t } = useTranslation();
  const policy = useAct(SetIncomingDocument);
  const [shown, set] = useToggle(actual, async (on) => {
    const { payload } = await policy.run({ input: { policy: on ? 'CONTACTS' : 'EVERYONE' } });
    onChange();
    return !!payload;
  });
  return (
    <>
      <Switch label={t('onlyContacts')} description={t('onlyContactsHint')} checked={shown} onChange={(e) => void set(e.currentTarget.checked)} />
      <Problems problems={policy.problems} error={policy.error} />
    </>
  );
}

function Edit({ asked, onDone }: { asked: Asked; onDone: () => void }) {
  const { t } = useTranslation();
  const [to, setTo] = useState('add' in asked ? asked.add : '');
  const [name, setName] = useState('rename' in asked ? asked.rename.name : '');
  const add = useAct(AddContactDocument);
  const rename = useAct(RenameContactDocument);
  // Any currency will do: the letter that was typed is the one that is meant.
  const { recipient, problem } = readRecipient(to, to.trim().charAt(0).toUpperCase());
  const [missing, setMissing] = useState(false);

  async function save() {
    const isMissing = 'add' in asked && !recipient;
    setMissing(isMissing);
    if (isMissing) return;
    const { payload } = 'rename' in asked ? await rename.run({ input: { contactId: asked.rename.id, name } }) : await add.run({ input: { recipient: recipient!, name } });
    if (payload) onDone();
  }
  return (
    <form onSubmit={(e) => { e.preventDefault(); void save(); }}>
      <Stack>
        {'add' in asked && <TextInput name="contact-to" data-autofocus={!asked.add || undefined} label={t('toHint')} value={to} onChange={(e) => setTo(e.currentTarget.value)} required maxLength={24} autoComplete="off" error={problem === 'mistyped' ? t('numberMistyped') : missing && !recipient ? t('numberIncomplete') : undefined} />}
        <TextInput name="contact-name" label={t('contactName')} value={name} onChange={(e) => setName(oneLine(e.currentTarget.value))} required maxLength={60} autoComplete="off" data-autofocus={'rename' in asked || !!asked.add || undefined} error={of([...add.problems, ...rename.problems], 'name')} />
        <Problems problems={[...add.problems, ...rename.problems].filter((p) => p.field?.at(-1) !== 'name')} error={add.error ?? rename.error} />
        <Button type="submit" loading={add.busy || rename.busy}>{t('save')}</Button>
      </Stack>
    </form>
  );
}
