//! Addresses, and the codes that are sent there, through every protocol.

use serde_json::{Value, json};

use crate::calls::{
    ADD_HUMAN_USER, CREATE_INVITE_CODE, GET_USER, PASSWORD_RESET, REMOVE_PHONE, RESEND_EMAIL_CODE,
    RESEND_INVITE_CODE, RESEND_PHONE_CODE, SEND_EMAIL_CODE, SET_EMAIL, SET_PASSWORD, SET_PHONE,
    SKIP_MFA_INIT, VERIFY_EMAIL, VERIFY_INVITE_CODE, VERIFY_PHONE,
};
use crate::matrix::Run;

/// What somebody without a password goes through.
pub(crate) fn codes(run: &mut Run<'_>) {
    let [admin, login] = run.server.first_tokens();
    let human = run.ok(
        "add somebody without a password",
        ADD_HUMAN_USER,
        admin,
        json!({
            "username": "max",
            "profile": { "givenName": "Max", "familyName": "Mouse" },
            "email": { "email": "max@mouse.com" },
        }),
    );
    let user = human["userId"].as_str().unwrap();
    let of = |more: Value| {
        let mut request = json!({ "userId": user });
        for (name, value) in more.as_object().unwrap() {
            request[name] = value.clone();
        }
        request
    };
    let returned = of(json!({ "returnCode": {} }));
    let given = |answer: &Value, field: &str| of(json!({ "verificationCode": answer[field] }));
    let wrong = of(json!({ "verificationCode": "wrong" }));

    let invite = run.ok("invite", CREATE_INVITE_CODE, login, returned.clone());
    let (nothing, unsent) = (of(json!({})), (9, "COMMAND-Wr3gq"));
    run.fails(
        "invite again",
        RESEND_INVITE_CODE,
        login,
        nothing.clone(),
        unsent,
    );
    let (name, refused) = ("take up with a wrong code", (3, "COMMAND-Wgn4q"));
    run.fails(name, VERIFY_INVITE_CODE, login, wrong.clone(), refused);
    let code = given(&invite, "inviteCode");
    run.ok("take the invitation up", VERIFY_INVITE_CODE, login, code);
    run.ok(
        "skip the second factor",
        SKIP_MFA_INIT,
        login,
        nothing.clone(),
    );

    let email = of(json!({ "email": "max@duck.com", "returnCode": {} }));
    run.ok("set an address", SET_EMAIL, admin, email.clone());
    run.fails(
        "set it again",
        SET_EMAIL,
        admin,
        email,
        (9, "COMMAND-Uch5e"),
    );
    run.ok("send a code", SEND_EMAIL_CODE, admin, returned.clone());
    let again = run.ok("send it again", RESEND_EMAIL_CODE, admin, returned.clone());
    run.fails(
        "verify with a wrong code",
        VERIFY_EMAIL,
        admin,
        wrong,
        (3, "COMMAND-eis9R"),
    );
    let code = given(&again, "verificationCode");
    run.ok("verify the address", VERIFY_EMAIL, admin, code);
    let (name, refused) = ("send by mail", (9, "BTZ-Sm7p0"));
    run.fails(
        name,
        SEND_EMAIL_CODE,
        admin,
        of(json!({ "sendCode": {} })),
        refused,
    );

    let phone = of(json!({ "phone": "+41791234567", "returnCode": {} }));
    run.ok("set a number", SET_PHONE, admin, phone);
    let again = run.ok(
        "send an SMS again",
        RESEND_PHONE_CODE,
        admin,
        returned.clone(),
    );
    let code = given(&again, "verificationCode");
    run.ok("verify the number", VERIFY_PHONE, admin, code);
    run.ok("remove the number", REMOVE_PHONE, admin, nothing.clone());

    let reset = run.ok("reset a password", PASSWORD_RESET, login, returned);
    let mut set = given(&reset, "verificationCode");
    set["newPassword"] = json!({ "password": "Another123!" });
    run.ok(
        "set a password with the code",
        SET_PASSWORD,
        login,
        set.clone(),
    );
    run.fails(
        "set it again",
        SET_PASSWORD,
        login,
        set,
        (9, "COMMAND-2M9fs"),
    );
    run.ok("get the user", GET_USER, admin, nothing);
}
