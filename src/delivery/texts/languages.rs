//! The words of each language. In braces: `name` and `login` of the user, `code`, `time` for which it
//! is good, `app` that somebody is invited to, `subject` of the message.

use crate::domain::notification::Message;

/// How a language says everything.
#[derive(Debug)]
pub(super) struct Language {
    /// BCP 47 tag.
    pub(super) tag: &'static str,
    pub(super) greeting: &'static str,
    pub(super) footer: &'static str,
    /// The text of every SMS.
    pub(super) sms: &'static str,
    /// One, and several.
    pub(super) minutes: [&'static str; 2],
    pub(super) hours: [&'static str; 2],
    pub(super) words: fn(Message) -> Words,
}

/// How a language says one message.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) subject: &'static str,
    pub(super) pre_header: &'static str,
    pub(super) text: &'static str,
    pub(super) button: &'static str,
}

/// All of them.
pub(super) const LANGUAGES: [&Language; 5] = [&ENGLISH, &GERMAN, &FRENCH, &SPANISH, &ITALIAN];

pub(super) const ENGLISH: Language = Language {
    tag: "en",
    greeting: "Hello {name},",
    footer: "If you did not ask for this, you can ignore this message.",
    sms: "{subject}: {code} (valid for {time})",
    minutes: ["minute", "minutes"],
    hours: ["hour", "hours"],
    words: |message| match message {
        Message::VerifyEmail => Words {
            subject: "Confirm your e-mail address",
            pre_header: "Your code is inside",
            text: "This e-mail address was entered for the account {login}. Confirm that it is \
                   yours with the button, or with the code {code}. Both are valid for {time}.",
            button: "Confirm e-mail address",
        },
        Message::VerifyPhone => Words {
            subject: "Confirm your phone number",
            pre_header: "Your code is inside",
            text: "This phone number was entered for the account {login}. Confirm that it is yours \
                   with the code {code}. It is valid for {time}.",
            button: "Confirm phone number",
        },
        Message::PasswordReset => Words {
            subject: "Set a new password",
            pre_header: "Your code is inside",
            text: "A new password was asked for, for the account {login}. Set it with the button, or \
                   with the code {code}. Both are valid for {time}.",
            button: "Set password",
        },
        Message::Invite => Words {
            subject: "You are invited",
            pre_header: "Set up how you log in",
            text: "You are invited to {app}. Your account is {login}. Accept with the button, or with \
                   the code {code}, and choose how you log in. Both are valid for {time}.",
            button: "Accept invitation",
        },
        Message::PasskeyRegistration => Words {
            subject: "Add a passkey",
            pre_header: "Log in without a password",
            text: "You can add a passkey to the account {login}. Do so with the button, or with the \
                   code {code}. Both are valid for {time}.",
            button: "Add passkey",
        },
        Message::OtpEmail => Words {
            subject: "Your one-time password",
            pre_header: "Your code is inside",
            text: "Log in to the account {login} with the button, or with the one-time password \
                   {code}. Both are valid for {time}.",
            button: "Log in",
        },
        Message::OtpSms => Words {
            subject: "Your one-time password",
            pre_header: "Your code is inside",
            text: "Log in to the account {login} with the one-time password {code}. It is valid for \
                   {time}.",
            button: "Log in",
        },
    },
};

pub(super) const GERMAN: Language = Language {
    tag: "de",
    greeting: "Guten Tag {name}",
    footer: "Wenn Sie das nicht angefordert haben, können Sie diese Nachricht ignorieren.",
    sms: "{subject}: {code} ({time} gültig)",
    minutes: ["Minute", "Minuten"],
    hours: ["Stunde", "Stunden"],
    words: |message| match message {
        Message::VerifyEmail => Words {
            subject: "Bestätigen Sie Ihre E-Mail-Adresse",
            pre_header: "Mit Ihrem Code",
            text: "Diese E-Mail-Adresse wurde für das Konto {login} angegeben. Bestätigen Sie mit der \
                   Schaltfläche oder mit dem Code {code}, dass sie Ihnen gehört. Beide sind {time} \
                   gültig.",
            button: "E-Mail-Adresse bestätigen",
        },
        Message::VerifyPhone => Words {
            subject: "Bestätigen Sie Ihre Telefonnummer",
            pre_header: "Mit Ihrem Code",
            text: "Diese Telefonnummer wurde für das Konto {login} angegeben. Bestätigen Sie mit dem \
                   Code {code}, dass sie Ihnen gehört. Er ist {time} gültig.",
            button: "Telefonnummer bestätigen",
        },
        Message::PasswordReset => Words {
            subject: "Neues Passwort setzen",
            pre_header: "Mit Ihrem Code",
            text: "Für das Konto {login} wurde ein neues Passwort angefordert. Setzen Sie es mit der \
                   Schaltfläche oder mit dem Code {code}. Beide sind {time} gültig.",
            button: "Passwort setzen",
        },
        Message::Invite => Words {
            subject: "Sie sind eingeladen",
            pre_header: "Richten Sie Ihre Anmeldung ein",
            text: "Sie sind zu {app} eingeladen. Ihr Konto ist {login}. Nehmen Sie mit der \
                   Schaltfläche oder mit dem Code {code} an und wählen Sie, wie Sie sich anmelden. \
                   Beide sind {time} gültig.",
            button: "Einladung annehmen",
        },
        Message::PasskeyRegistration => Words {
            subject: "Passkey hinzufügen",
            pre_header: "Anmelden ohne Passwort",
            text: "Sie können dem Konto {login} einen Passkey hinzufügen, mit der Schaltfläche oder \
                   mit dem Code {code}. Beide sind {time} gültig.",
            button: "Passkey hinzufügen",
        },
        Message::OtpEmail => Words {
            subject: "Ihr Einmalpasswort",
            pre_header: "Mit Ihrem Code",
            text: "Melden Sie sich beim Konto {login} mit der Schaltfläche oder mit dem \
                   Einmalpasswort {code} an. Beide sind {time} gültig.",
            button: "Anmelden",
        },
        Message::OtpSms => Words {
            subject: "Ihr Einmalpasswort",
            pre_header: "Mit Ihrem Code",
            text: "Melden Sie sich beim Konto {login} mit dem Einmalpasswort {code} an. Es ist {time} \
                   gültig.",
            button: "Anmelden",
        },
    },
};

pub(super) const FRENCH: Language = Language {
    tag: "fr",
    greeting: "Bonjour {name},",
    footer: "Si vous n'êtes pas à l'origine de cette demande, ignorez ce message.",
    sms: "{subject} : {code} (valable {time})",
    minutes: ["minute", "minutes"],
    hours: ["heure", "heures"],
    words: |message| match message {
        Message::VerifyEmail => Words {
            subject: "Confirmez votre adresse e-mail",
            pre_header: "Votre code est dans ce message",
            text: "Cette adresse e-mail a été indiquée pour le compte {login}. Confirmez qu'elle est \
                   la vôtre avec le bouton ou avec le code {code}. Les deux sont valables {time}.",
            button: "Confirmer l'adresse e-mail",
        },
        Message::VerifyPhone => Words {
            subject: "Confirmez votre numéro de téléphone",
            pre_header: "Votre code est dans ce message",
            text: "Ce numéro de téléphone a été indiqué pour le compte {login}. Confirmez qu'il est \
                   le vôtre avec le code {code}. Il est valable {time}.",
            button: "Confirmer le numéro",
        },
        Message::PasswordReset => Words {
            subject: "Choisissez un nouveau mot de passe",
            pre_header: "Votre code est dans ce message",
            text: "Un nouveau mot de passe a été demandé pour le compte {login}. Choisissez-le avec \
                   le bouton ou avec le code {code}. Les deux sont valables {time}.",
            button: "Choisir un mot de passe",
        },
        Message::Invite => Words {
            subject: "Vous êtes invité",
            pre_header: "Choisissez comment vous connecter",
            text: "Vous êtes invité à {app}. Votre compte est {login}. Acceptez avec le bouton ou \
                   avec le code {code} et choisissez comment vous connecter. Les deux sont valables \
                   {time}.",
            button: "Accepter l'invitation",
        },
        Message::PasskeyRegistration => Words {
            subject: "Ajoutez une clé d'accès",
            pre_header: "Se connecter sans mot de passe",
            text: "Vous pouvez ajouter une clé d'accès au compte {login}, avec le bouton ou avec le \
                   code {code}. Les deux sont valables {time}.",
            button: "Ajouter une clé d'accès",
        },
        Message::OtpEmail => Words {
            subject: "Votre mot de passe à usage unique",
            pre_header: "Votre code est dans ce message",
            text: "Connectez-vous au compte {login} avec le bouton ou avec le mot de passe à usage \
                   unique {code}. Les deux sont valables {time}.",
            button: "Se connecter",
        },
        Message::OtpSms => Words {
            subject: "Votre mot de passe à usage unique",
            pre_header: "Votre code est dans ce message",
            text: "Connectez-vous au compte {login} avec le mot de passe à usage unique {code}. Il \
                   est valable {time}.",
            button: "Se connecter",
        },
    },
};

pub(super) const SPANISH: Language = Language {
    tag: "es",
    greeting: "Hola, {name}:",
    footer: "Si no lo ha solicitado, puede ignorar este mensaje.",
    sms: "{subject}: {code} (válido {time})",
    minutes: ["minuto", "minutos"],
    hours: ["hora", "horas"],
    words: |message| match message {
        Message::VerifyEmail => Words {
            subject: "Confirme su dirección de correo",
            pre_header: "Su código está en este mensaje",
            text: "Esta dirección de correo se indicó para la cuenta {login}. Confirme que es suya \
                   con el botón o con el código {code}. Ambos son válidos durante {time}.",
            button: "Confirmar dirección",
        },
        Message::VerifyPhone => Words {
            subject: "Confirme su número de teléfono",
            pre_header: "Su código está en este mensaje",
            text: "Este número de teléfono se indicó para la cuenta {login}. Confirme que es suyo con \
                   el código {code}. Es válido durante {time}.",
            button: "Confirmar número",
        },
        Message::PasswordReset => Words {
            subject: "Elija una nueva contraseña",
            pre_header: "Su código está en este mensaje",
            text: "Se solicitó una nueva contraseña para la cuenta {login}. Elíjala con el botón o \
                   con el código {code}. Ambos son válidos durante {time}.",
            button: "Elegir contraseña",
        },
        Message::Invite => Words {
            subject: "Tiene una invitación",
            pre_header: "Elija cómo iniciar sesión",
            text: "Tiene una invitación a {app}. Su cuenta es {login}. Acepte con el botón o con el \
                   código {code} y elija cómo iniciar sesión. Ambos son válidos durante {time}.",
            button: "Aceptar invitación",
        },
        Message::PasskeyRegistration => Words {
            subject: "Añada una llave de acceso",
            pre_header: "Iniciar sesión sin contraseña",
            text: "Puede añadir una llave de acceso a la cuenta {login}, con el botón o con el código \
                   {code}. Ambos son válidos durante {time}.",
            button: "Añadir llave de acceso",
        },
        Message::OtpEmail => Words {
            subject: "Su contraseña de un solo uso",
            pre_header: "Su código está en este mensaje",
            text: "Inicie sesión en la cuenta {login} con el botón o con la contraseña de un solo uso \
                   {code}. Ambos son válidos durante {time}.",
            button: "Iniciar sesión",
        },
        Message::OtpSms => Words {
            subject: "Su contraseña de un solo uso",
            pre_header: "Su código está en este mensaje",
            text: "Inicie sesión en la cuenta {login} con la contraseña de un solo uso {code}. Es \
                   válida durante {time}.",
            button: "Iniciar sesión",
        },
    },
};

pub(super) const ITALIAN: Language = Language {
    tag: "it",
    greeting: "Buongiorno {name},",
    footer: "Se non l'ha richiesto, può ignorare questo messaggio.",
    sms: "{subject}: {code} (valido {time})",
    minutes: ["minuto", "minuti"],
    hours: ["ora", "ore"],
    words: |message| match message {
        Message::VerifyEmail => Words {
            subject: "Confermi il Suo indirizzo e-mail",
            pre_header: "Il codice è in questo messaggio",
            text: "Questo indirizzo e-mail è stato indicato per l'account {login}. Confermi che è Suo \
                   con il pulsante o con il codice {code}. Entrambi sono validi per {time}.",
            button: "Conferma indirizzo",
        },
        Message::VerifyPhone => Words {
            subject: "Confermi il Suo numero di telefono",
            pre_header: "Il codice è in questo messaggio",
            text: "Questo numero di telefono è stato indicato per l'account {login}. Confermi che è \
                   Suo con il codice {code}. È valido per {time}.",
            button: "Conferma numero",
        },
        Message::PasswordReset => Words {
            subject: "Scelga una nuova password",
            pre_header: "Il codice è in questo messaggio",
            text: "È stata richiesta una nuova password per l'account {login}. La scelga con il \
                   pulsante o con il codice {code}. Entrambi sono validi per {time}.",
            button: "Scegli password",
        },
        Message::Invite => Words {
            subject: "È stato invitato",
            pre_header: "Scelga come accedere",
            text: "È stato invitato a {app}. Il Suo account è {login}. Accetti con il pulsante o con \
                   il codice {code} e scelga come accedere. Entrambi sono validi per {time}.",
            button: "Accetta invito",
        },
        Message::PasskeyRegistration => Words {
            subject: "Aggiunga una passkey",
            pre_header: "Accedere senza password",
            text: "Può aggiungere una passkey all'account {login}, con il pulsante o con il codice \
                   {code}. Entrambi sono validi per {time}.",
            button: "Aggiungi passkey",
        },
        Message::OtpEmail => Words {
            subject: "La Sua password monouso",
            pre_header: "Il codice è in questo messaggio",
            text: "Acceda all'account {login} con il pulsante o con la password monouso {code}. \
                   Entrambi sono validi per {time}.",
            button: "Accedi",
        },
        Message::OtpSms => Words {
            subject: "La Sua password monouso",
            pre_header: "Il codice è in questo messaggio",
            text: "Acceda all'account {login} con la password monouso {code}. È valida per {time}.",
            button: "Accedi",
        },
    },
};
