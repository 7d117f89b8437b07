import i18n from 'i18next';
import { accountEn } from './account.en';
import { accountRu } from './account.ru';

// Whoever shows one of these texts imports this module for its effect: they are no part of what the first screen loads.
i18n.addResourceBundle('en', 'translation', accountEn);
i18n.addResourceBundle('ru', 'translation', accountRu);
