import { Button, Checkbox, Group, Stack, Table, Text, TextInput, Title } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { canBePushed, subscribe, unsubscribe } from '../api/push';
import { type NotificationChannel, type NotificationEvent, NotificationsDocument, RegisterPushDocument, SetNotificationsDocument, SetQuietHoursDocument, UnregisterPushDocument } from '../gql/graphql';
import { Problems, useAct } from '../ui/act';
import { useLiveQuery } from '../ui/live-query';
import { Waiting } from '../ui/parts';
import { useToggle } from '../ui/toggle';
import { device } from './login';

const channels: NotificationChannel[] = ['PUSH', 'EMAIL', 'SMS'];

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
                  <Table.Td key={c}><Choice label={`${t(`event_${e.event}`)}: ${t(`channel_${c}`)}`} actual={e.channels.includes(c)} change={(on) => set(e.event, e.channels, c, on)} /></Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
        <Problems problems={choose.problems} error={choose.error} />
        {data.pushKeys.webPush && canBePushed() && <Here serverKey={data.pushKeys.webPush} id={settings.pushDevices.find((d) => d.current && d.kind === 'WEB_PUSH')?.id} onChange={again} />}
        <Quiet hours={settings.quietHours ?? undefined} onChange={again} />
      </Stack>
    </section>
  );
}

function Choice({ label, actual, change }: { label: string; actual: boolean; change: (on: boolean) => Promise<boolean> }) {
  const [shown, set] = useToggle(actual, change);
  return <Checkbox aria-label={label} checked={shown} onChange={(e) => void set(e.currentTarget.checked)} />;
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
      <Button size="xs" variant="default" loading={register.busy || unregister.busy} onClick={() => void (id ? end() : begin())}>{id ? t('turnOffHere') : t('turnOn')}</Button>
      {refused && <Text c="red" role="alert">{t('pushRefused')}</Text>}
      <Problems problems={[...register.problems, ...unregister.problems]} error={register.error ?? unregister.error} />
    </Group>
  );
}

type Hours = { from: string; to: string; timeZone: string };

function Quiet({ hours, onChange }: { hours?: Hours; onChange: () => void }) {
  const { t } = useTranslation();
  const [from, setFrom] = useState(hours?.from ?? '22:00');
  const [to, setTo] = useState(hours?.to ?? '08:00');
  const save = useAct(SetQuietHoursDocument);
  const timeZone = hours?.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  const set = async (quietHours: Hours | null) => (await save.run({ input: { quietHours } })).payload && onChange();
  return (
    <form onSubmit={(e) => { e.preventDefault(); void set({ from, to, timeZone }); }}>
      <Text fw={500}>{hours ? `${t('quietHours')}: ${hours.from}–${hours.to}` : t('noQuiet')}</Text>
      <Text size="sm" c="dimmed" mb="xs">{t('quietHint')} {timeZone}</Text>
      <Group align="end">
        <TextInput type="time" label={t('quietFrom')} value={from} onChange={(e) => setFrom(e.currentTarget.value)} required />
        <TextInput type="time" label={t('quietTo')} value={to} onChange={(e) => setTo(e.currentTarget.value)} required />
        <Button type="submit" variant="default" loading={save.busy}>{t('save')}</Button>
        {hours && <Button variant="subtle" onClick={() => void set(null)}>{t('remove')}</Button>}
      </Group>
      <Problems problems={save.problems} error={save.error} />
    </form>
  );
}
