import '../text/account';
import { Anchor, Button, Checkbox, Group, Stack, Switch, Table, Text, TextInput, Title } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { canBePushed, isSubscribed, subscribe, unsubscribe } from '../api/push';
import { type NotificationChannel, type NotificationEvent, NotificationsDocument, RegisterPushDocument, SetNotificationsDocument, SetQuietHoursDocument, UnregisterPushDocument } from '../gql/graphql';
import { clock } from '../text/text';
import { Failure, Problems, useAct } from '../ui/act';
import { useLiveQuery } from '../ui/live-query';
import { Waiting } from '../ui/parts';
import { useToggle } from '../ui/toggle';
import { device } from './login';

const CHANNELS: NotificationChannel[] = ['PUSH', 'EMAIL', 'SMS'];

// What the server lets nobody turn off, and what it does not offer.
const always: Partial<Record<NotificationEvent, NotificationChannel[]>> = { NEW_SIGN_IN: ['EMAIL'], SECURITY_CHANGE: ['EMAIL', 'SMS'] };
const never: Partial<Record<NotificationEvent, NotificationChannel[]>> = { NEW_SIGN_IN: ['SMS'] };

// Notifications says on which ways the person is told of what, when not, and whether this browser is one of them.
export function Notifications() {
  const { t } = useTranslation();
  const [{ data, error }, again] = useLiveQuery(NotificationsDocument, {});
  const choose = useAct(SetNotificationsDocument);
  const settings = data?.viewer?.notificationSettings;
  const channels = CHANNELS.filter((c) => c !== 'PUSH' || data?.pushKeys.kinds.length); // nothing is offered that the server does not send
  if (!settings) return <section className="panel">{error ? <Problems error={error} retry={again} /> : <Waiting rows={3} />}</section>;

  return (
    <section className="panel" aria-labelledby="notifications">
      <Stack>
        <Title order={2} size="h4" id="notifications">{t('notifications')}</Title>
        <Table aria-labelledby="notifications" horizontalSpacing={4}>
          <Table.Thead><Table.Tr><Table.Td />{channels.map((c) => <Table.Th key={c} scope="col" style={{ whiteSpace: 'nowrap' }}>{t(`channel_${c}`)}</Table.Th>)}</Table.Tr></Table.Thead>
          <Table.Tbody>
            {settings.events.map((e) => <Row key={e.event} {...e} offered={channels} set={async (wanted) => {
              const { payload } = await choose.run({ input: { event: e.event, channels: wanted } });
              again();
              return payload?.settings?.events.find(({ event }) => event === e.event)?.channels;
            }} />)}
          </Table.Tbody>
        </Table>
        <Text size="sm" c="dimmed">{t('alwaysOn')}</Text>
        {!data.viewer!.email.verified && <Text size="sm"><Anchor component={Link} to="/settings/email" underline="always">{t('confirmEmail')}</Anchor> {t('confirmEmailWhy')}</Text>}
        <Problems problems={choose.problems} error={choose.error} />
        {!canBePushed() && <Text size="sm" c="dimmed">{t('noPushHere')}</Text>}
        {!data.pushKeys.webPush && canBePushed() && <WhileOpen />}
        {data.pushKeys.webPush && canBePushed() && <Here serverKey={data.pushKeys.webPush} id={settings.pushDevices.find((d) => d.current && d.kind === 'WEB_PUSH')?.id} onChange={again} />}
        <Quiet hours={settings.quietHours ?? undefined} onChange={again} />
      </Stack>
    </section>
  );
}

type RowProps = { event: NotificationEvent; channels: NotificationChannel[]; offered: NotificationChannel[]; set: (wanted: NotificationChannel[]) => Promise<NotificationChannel[] | undefined> };

// Row is what is told of an event. The server is given all of its ways at once: what is chosen while an answer is awaited is sent after it, on top of what was chosen.
function Row({ event, channels: actual, offered, set }: RowProps) {
  const { t } = useTranslation();
  const [wanted, setWanted] = useState<NotificationChannel[]>();
  const turn = useRef(Promise.resolve());
  const last = useRef(0);
  const settled = useRef(0);
  const chosen = wanted ?? actual;
  useEffect(() => void (settled.current === last.current && setWanted(undefined)), [actual.join()]);
  function choose(channel: NotificationChannel, on: boolean) {
    const next = on ? [...chosen, channel] : chosen.filter((c) => c !== channel);
    const mine = ++last.current;
    setWanted(next);
    turn.current = turn.current.then(async () => {
      if (mine !== last.current) return; // what was chosen since says it all
      const answered = await set(next);
      if (mine !== last.current) return;
      settled.current = mine;
      setWanted(answered);
    });
  }
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={400}>{t(`event_${event}`)}</Table.Th>
      {offered.map((c) => (
        <Table.Td key={c}>
          {!never[event]?.includes(c) && <Checkbox aria-label={`${t(`event_${event}`)}: ${t(`channel_${c}`)}`} checked={chosen.includes(c)} disabled={always[event]?.includes(c)} onChange={(e) => choose(c, e.currentTarget.checked)} />}
        </Table.Td>
      ))}
    </Table.Tr>
  );
}

// WhileOpen asks for leave to notify, where nothing is pushed to a browser: while the app is open in the background, it tells of money by itself.
function WhileOpen() {
  const { t } = useTranslation();
  const [permission, setPermission] = useState(Notification.permission);
  if (permission === 'denied') return <Text size="sm" c="dimmed">{t('pushRefused')}</Text>;
  return (
    <Group justify="space-between">
      <Text>{t(permission === 'granted' ? 'notesOn' : 'notesHere')}</Text>
      {permission === 'default' && <Button variant="default" onClick={() => void Notification.requestPermission().then(setPermission)}>{t('turnOn')}</Button>}
    </Group>
  );
}

// Here makes this browser one of those that are pushed to. What the server knows of it is of no use where the browser shows nothing.
function Here({ serverKey, id: known, onChange }: { serverKey: string; id?: string; onChange: () => void }) {
  const { t } = useTranslation();
  const [refused, setRefused] = useState(false);
  const [shows, setShows] = useState(true);
  useEffect(() => void isSubscribed().then(setShows, () => setShows(false)), [known]);
  const id = shows ? known : undefined;
  const register = useAct(RegisterPushDocument);
  const unregister = useAct(UnregisterPushDocument);

  async function begin() {
    const webPush = await subscribe(serverKey).catch(() => null);
    setRefused(!webPush);
    if (!webPush || !(await register.run({ input: { target: { webPush }, name: device().name } })).payload) return;
    setShows(true);
    onChange();
  }
  async function end() {
    await unsubscribe().catch(() => undefined);
    if ((await unregister.run({ input: { deviceId: id! } })).payload) onChange();
  }
  return (
    <Group justify="space-between">
      <Text>{id ? t('pushOn') : t('pushHere')}</Text>
      <Button variant="default" loading={register.busy || unregister.busy} onClick={() => void (id ? end() : begin())}>{id ? t('turnOffHere') : t('turnOn')}</Button>
      {refused && <Failure>{t('pushRefused')}</Failure>}
      <Problems problems={[...register.problems, ...unregister.problems]} error={register.error ?? unregister.error} />
    </Group>
  );
}

type Hours = { from: string; to: string; timeZone: string };

// hour writes HH:MM as the language does; zoneName is what people call a time zone.
const hour = (at: string) => clock(`2000-01-01T${at}`);
const zoneName = (language: string, timeZone: string) =>
  new Intl.DateTimeFormat(language, { timeZone, timeZoneName: 'longGeneric' }).formatToParts().find((part) => part.type === 'timeZoneName')?.value ?? timeZone;

// Quiet turns the quiet hours on, with hours that most would want, and off; they can be changed while they are on.
function Quiet({ hours, onChange }: { hours?: Hours; onChange: () => void }) {
  const { t, i18n } = useTranslation();
  const [from, setFrom] = useState(hours?.from ?? '22:00');
  const [to, setTo] = useState(hours?.to ?? '08:00');
  const save = useAct(SetQuietHoursDocument);
  const timeZone = hours?.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  const [on, turn] = useToggle(!!hours, (next) => set(next ? { from, to, timeZone } : null));
  async function set(quietHours: Hours | null) {
    const { payload } = await save.run({ input: { quietHours } });
    if (payload) onChange();
    return !!payload;
  }
  return (
    <form onSubmit={(e) => { e.preventDefault(); void set({ from, to, timeZone }); }}>
      <Stack gap="xs">
        <Switch label={t('quietHours')} description={t('quietHint')} checked={on} onChange={(e) => void turn(e.currentTarget.checked)} />
        {on && (
          <>
            {hours && <Text size="sm">{t('quietNow', { from: hour(hours.from), to: hour(hours.to), zone: zoneName(i18n.language, timeZone) })}</Text>}
            <Group align="end">
              <TextInput type="time" label={t('quietFrom')} value={from} onChange={(e) => setFrom(e.currentTarget.value)} required withAsterisk={false} />
              <TextInput type="time" label={t('quietTo')} value={to} onChange={(e) => setTo(e.currentTarget.value)} required withAsterisk={false} />
              <Button type="submit" variant="default" loading={save.busy} disabled={hours && from === hours.from && to === hours.to}>{t('save')}</Button>
            </Group>
          </>
        )}
        <Problems problems={save.problems} error={save.error} />
      </Stack>
    </form>
  );
}
