import { Button, Group, Progress, SegmentedControl, Stack, Text, Title, useMantineColorScheme } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { signOut } from '../api/session';
import { LimitsDocument, type MeQuery } from '../gql/graphql';
import { chooseLanguage, money } from '../text/text';
import { useLiveQuery } from '../ui/live-query';
import { Copyable, Page } from '../ui/parts';
import { Notifications } from './notifications';

export default function Settings({ me }: { me: NonNullable<MeQuery['viewer']> }) {
  const { t, i18n } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const [{ data }] = useLiveQuery(LimitsDocument, { currency: 'Z' });
  const go = useNavigate();
  const periods = { DAY: t('perDay'), WEEK: t('perWeek'), MONTH: t('perMonth') };
  return (
    <Page title={t('settings')}>
      <Stack className="panel">
        <Title order={2} size="h4">{t('account')}</Title>
        <dl className="facts">
          <dt>{t('wmid')}</dt><dd><Copyable text={me.wmid} /></dd>
          <dt>{t('phone')}</dt><dd>{me.phone}</dd>
          <dt>{t('email')}</dt><dd>{me.email.address}{me.email.verified ? '' : ` (${t('emailUnverified')})`}</dd>
          <dt>{t('certificate')}</dt><dd>{t(`level_${me.certificate.level}`)}</dd>
        </dl>
        <Group grow>
          <Button component={Link} to="/security" variant="default">{t('security')}</Button>
          <Button component={Link} to="/contacts" variant="default">{t('contacts')}</Button>
        </Group>
      </Stack>
      <Stack className="panel">
        <Title order={2} size="h4">{t('limits')} · Z</Title>
        {data?.viewer?.limits.map((l) => {
          const used = money(l.used);
          const share = l.total && Number(l.total.amount) > 0 ? (100 * Number(l.used.amount)) / Number(l.total.amount) : 0;
          return (
            <div key={l.period}>
              <Text size="sm">{periods[l.period]}: {l.total ? t('ofTotal', { used, total: money(l.total) }) : t('unlimited', { used })}</Text>
              {l.total && <Progress value={share} aria-label={periods[l.period]} />}
            </div>
          );
        })}
      </Stack>
      <Notifications />
      <Stack className="panel">
        <div>
          <Text size="sm" fw={500} mb={4} id="language">{t('language')}</Text>
          <SegmentedControl fullWidth aria-labelledby="language" value={i18n.language} onChange={(l) => void chooseLanguage(l)} data={[{ value: 'en', label: 'English' }, { value: 'ru', label: 'Русский' }]} />
        </div>
        <div>
          <Text size="sm" fw={500} mb={4} id="theme">{t('theme')}</Text>
          <SegmentedControl fullWidth aria-labelledby="theme" value={colorScheme} onChange={(c) => setColorScheme(c as 'auto')} data={[{ value: 'auto', label: t('themeAuto') }, { value: 'light', label: t('themeLight') }, { value: 'dark', label: t('themeDark') }]} />
        </div>
        <Button color="red" variant="light" onClick={() => void signOut().then(() => go('/'))}>{t('logOut')}</Button>
      </Stack>
    </Page>
  );
}
