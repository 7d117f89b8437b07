import '../text/account';
import { Anchor, Button, Checkbox, Group, Stack, Switch, Table, Text, TextInput, Title } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { canBePushed, subscribe, unsubscribe } from '../api/push';
import { type NotificationChannel, type NotificationEvent, NotificationsDocument, RegisterPushDocument, SetNotificationsDocument, SetQuietHoursDocument, UnregisterPushDocument } from '../gql/graphql';
import { clock } from '../text/text';
import { Failure, Problems, useAct } from '../ui/act';
import { useLiveQuery } from '../ui/live-query';
import { Waiting } from '../ui/parts';
import { useToggle } from '../ui/toggle';
import { device } from './login';

const channels: NotificationChannel[] = ['PUSH', 'EMAIL', 'SMS'];

// What the server lets nobody turn off, and what it does not offer.
const always: Partial<Record<NotificationEvent, NotificationChannel[]>> = { NEW_SIGN_IN: ['EMAIL'], SECURITY_CHANGE: ['EMAIL', 'SMS'] };
const never: Partial<Record<NotificationEvent, NotificationChannel[]>> = { NEW_SIGN_IN: ['SMS'] };

// Notifications says on which ways the person is told of what, when not, and whether this browser is one of them.
export function Notifications() {
  const { t } = useTranslation();
  const [{ data, error }, again] = useLiveQuery(NotificationsDocument, {});
  const choose = useAct(SetNotificationsDocument);
  const settings = data?.viewer?.notificationSettings;
  if (!settings) return <section className="panel">{error ? <Problems error={error} retry={again} /> : <Waiting rows={3} />}</section>;

  async function set(event: NotificationEvent, was: NotificationChannel[], channel: NotificationChannel, on: boolean) {
    const { payload } = await choose.run({ input: { event, channels: on ? [...was, channel] : was.filter((c) => c !== channel) } });
    again();
    return !!payload;
  }
  return (
    <section className="panel" aria-labelledby="notifications">
      <Stack>
        <Title order={2} size="h4" id="notifications">{t('notifications')}</Title>
        <Table aria-labelledby="notifications" horizontalSpacing={4}>
          <Table.Thead><Table.Tr><Table.Td />{channels.map((c) => <Table.Th key={c} scope="col" style={{ whiteSpace: 'nowrap' }}>{t(`channel_${c}`)}</Table.Th>)}</Table.Tr></Table.Thead>
          <Table.Tbody>
            {settings.events.map((e) => (
              <Table.Tr key={e.event}>
                <Table.Th scope="row" fw={400}>{t(`event_${e.event}`)}</Table.Th>
                {channels.map((c) => (
                  <Table.Td key={c}>{!never[e.event]?.includes(c) && <Choice label={`${t(`event_${e.event}`)}: ${t(`channel_${c}`)}`} actual={e.channels.includes(c)} fixed={always[e.event]?.includes(c)} change={(on) => set(e.event, e.channels, c, on)} />}</Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
        <Text size="sm" c="dimmed">{t('alwaysOn')}</Text>
        {!data.viewer!.email.verified && <Text size="sm"><Anchor component={Link} to="/settings/email" underline="always">{t('confirmEmail')}</Anchor> {t('confirmEmailWhy')}</Text>}
        <Problems problems={choose.problems} error={choose.error} />
        {data.pushKeys.webPush && canBePushed() && <Here serverKey={data.pushKeys.webPush} id={settings.pushDevices.find((d) => d.current && d.kind === 'WEB_PUSH')?.id} onChange={again} />}
        <Quiet hours={settings.quietHours ?? undefined} onChange={again} />
      </Stack>
    </section>
  );
}

function Choice({ label, actual, fixed, change }: { label: string; actual: boolean; fixed?: boolean; change: (on: boolean) => Promise<boolean> }) {
  const [shown, set] = useToggle(actual, change);
  return <Checkbox aria-label={label} checked={shown} disabled={fixed} onChange={(e) => void set(e.currentTarget.checked)} />;
}

function Here({ serverKey, id, onChange }: { serverKey: string; id?: string; onChange: () => void }) {
  const { t } = useTranslation();
  const [refused, setRefused] = useState(false);
  const register = useAct(RegisterPushDocument);
  const unregister = useAct(UnregisterPushDocument);

  async function begin() {
    const webPush = await subscribe(serverKey).catch(() => null);
    setRefused(!webPush);
    if (webPush && (await register.run({ input: { target: { webPush }, name: device().name } })).payload) onChange();
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
