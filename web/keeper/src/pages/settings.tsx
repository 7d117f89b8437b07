import { Button, Group, SegmentedControl, Stack, Text, Title, useMantineColorScheme } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { useClient } from 'urql';
import { signOut, whoIsIn } from '../api/session';
import { isUndecidedHere } from '../api/undecided';
import { type MeQuery, SetLocaleDocument } from '../gql/graphql';
import { chooseLanguage } from '../text/text';
import { Copyable, Fact, Page } from '../ui/parts';
import { Menu } from './account/menu';
import { Sound } from '../ui/sound';
import { Support } from '../ui/support';
import { Sure } from '../ui/sure';
import { Notifications } from './notifications';

export default function Settings({ me }: { me: NonNullable<MeQuery['viewer']> }) {
  const { t, i18n } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const isTiny = useMediaQuery('(max-width: 22em)');
  const client = useClient();
  const turn = useRef<Promise<unknown>>(Promise.resolve());
  // What is sent by SMS and email is in the language that is chosen here. Where no answer comes, this browser has it all the same.
  function choose(language: string) {
    const locale = language === 'ru' ? 'RU' : 'EN';
    void chooseLanguage(language);
    const mine = whoIsIn();
    turn.current = turn.current.then(() => (whoIsIn() === mine ? client.mutation(SetLocaleDocument, { input: { locale } }).toPromise() : undefined)); // the last one chosen is the last one told
  }
  return (
    <Page title={t('settings')}>
      <Stack className="panel">
        <Title order={2} size="h4">{t('account')}</Title>
        <dl className="facts">
          <Fact name={t('wmid')}><Copyable text={me.wmid} /></Fact>
        </dl>
        <Group grow hiddenFrom="sm">
          <Button component={Link} to="/security" variant="default" px="xs">{t('security')}</Button>
          <Button component={Link} to="/contacts" variant="default" px="xs">{t('contacts')}</Button>
        </Group>
        <Menu me={me} />
        <Support />
      </Stack>
      <Notifications />
      <Stack className="panel" component="section" aria-labelledby="here">
        <Title order={2} size="h4" id="here">{t('thisBrowser')}</Title>
        <div>
          <Text size="sm" fw={500} mb={4} id="language">{t('language')}</Text>
          <SegmentedControl fullWidth aria-labelledby="language" value={i18n.language} onChange={choose} data={[{ value: 'en', label: 'English' }, { value: 'ru', label: 'Русский' }]} />
        </div>
        <div>
          <Text size="sm" fw={500} mb={4} id="theme">{t('theme')}</Text>
          <SegmentedControl fullWidth orientation={isTiny ? 'vertical' : 'horizontal'} aria-labelledby="theme" value={colorScheme} onChange={(c) => setColorScheme(c as 'auto')} data={[{ value: 'auto', label: t('themeAuto') }, { value: 'light', label: t('themeLight') }, { value: 'dark', label: t('themeDark') }]} />
        </div>
        <Sound />
        <LogOut me={me.id} />
      </Stack>
    </Page>
  );
}

// LogOut asks first where money may move yet by what was sent here: whoever is out is not told what became of it.
function LogOut({ me }: { me: string }) {
  const { t } = useTranslation();
  const go = useNavigate();
  const [asked, setAsked] = useState(false);
  const [leaving, setLeaving] = useState(false);
  const leave = () => { setLeaving(true); void signOut().then(() => go('/')); };
  return (
    <>
      <Button className="alone" color="red" variant="light" loading={leaving} onClick={() => (isUndecidedHere(me) ? setAsked(true) : leave())}>{t('logOut')}</Button>
      <Sure opened={asked} title={t('outUndecidedTitle')} act={t('logOut')} busy={leaving} onClose={() => setAsked(false)} onAct={leave}>
        <Text>{t('outUndecided')}</Text>
      </Sure>
    </>
  );
}
